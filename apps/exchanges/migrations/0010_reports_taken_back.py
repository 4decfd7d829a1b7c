from __future__ import annotations

from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    """A report that became public can be taken down."""

    dependencies = [("exchanges", "0009_ways_out")]
    operations = [
        migrations.AddField(
            "report",
            "taken_down_at",
            models.DateTimeField(editable=False, null=True, verbose_name="taken down"),
        ),
        migrations.AddConstraint(
            "report",
            models.CheckConstraint(
                condition=Q(taken_down_at__isnull=True) | Q(submitted_at__isnull=False),
                name="report_taken_down_was_submitted",
            ),
        ),
        # On the way back what was taken down stays away from the public.
        migrations.RunSQL(
            migrations.RunSQL.noop,
            "UPDATE exchanges_report SET may_publish = false WHERE taken_down_at IS NOT NULL",
        ),
    ]
