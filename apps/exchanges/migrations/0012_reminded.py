from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    """The last round of reminders is kept with what people are reminded of."""

    dependencies = [("exchanges", "0011_sent_twice")]
    operations = [
        migrations.AddField(
            "application",
            "reminded",
            models.CharField(
                blank=True,
                db_default="",
                default="",
                editable=False,
                max_length=60,
                verbose_name="last reminder",
            ),
        ),
        migrations.AddField(
            "followup",
            "reminded",
            models.CharField(
                blank=True,
                db_default="",
                default="",
                editable=False,
                max_length=60,
                verbose_name="last reminder",
            ),
        ),
        migrations.AddField(
            "offer",
            "reminded",
            models.CharField(
                blank=True,
                db_default="",
                default="",
                editable=False,
                max_length=60,
                verbose_name="last reminder",
            ),
        ),
    ]
