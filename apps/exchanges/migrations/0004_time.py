from __future__ import annotations

from django.db import migrations, models
from django.db.models import F, Func, Q


class Migration(migrations.Migration):
    """All sign before the first day, and a promise is kept or broken by the first decision."""

    dependencies = [("exchanges", "0003_in_our_time")]
    operations = [
        migrations.AddField(
            "application",
            "first_decided_at",
            models.DateTimeField(editable=False, null=True, verbose_name="first decided"),
        ),
        migrations.RunSQL(
            "UPDATE exchanges_application SET first_decided_at = decided_at WHERE decided_at IS NOT NULL",
            migrations.RunSQL.noop,
        ),
        migrations.AddConstraint(
            "application",
            models.CheckConstraint(
                condition=Q(decided_at__isnull=True) | Q(first_decided_at__lte=F("decided_at")),
                name="application_first_decision",
            ),
        ),
        migrations.AddConstraint(
            "application",
            models.CheckConstraint(
                condition=Q(signed_at__isnull=True)
                | Q(
                    starts_on__gt=Func(
                        "signed_at",
                        output_field=models.DateField(),
                        template="(%(expressions)s AT TIME ZONE 'Europe/Brussels')::date",
                    )
                ),
                name="application_signed_before_first_day",
            ),
        ),
    ]
