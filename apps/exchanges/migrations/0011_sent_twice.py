from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    """What a form made keeps its key, so that a form that is sent twice makes one."""

    dependencies = [("exchanges", "0010_reports_taken_back")]
    operations = [
        migrations.AddField("programme", "form_key", models.UUIDField(editable=False, null=True)),
        migrations.AddField("offer", "form_key", models.UUIDField(editable=False, null=True)),
        migrations.AddField("remark", "form_key", models.UUIDField(editable=False, null=True)),
        migrations.AddConstraint(
            "programme",
            models.UniqueConstraint(fields=("author", "form_key"), name="programme_once_for_each_form"),
        ),
        migrations.AddConstraint(
            "offer", models.UniqueConstraint(fields=("author", "form_key"), name="offer_once_for_each_form")
        ),
        migrations.AddConstraint(
            "remark", models.UniqueConstraint(fields=("author", "form_key"), name="remark_once_for_each_form")
        ),
    ]
