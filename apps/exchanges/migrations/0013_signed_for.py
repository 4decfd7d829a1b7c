from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    """A signature names the organisation for which somebody signed, as it was called then."""

    dependencies = [("exchanges", "0012_reminded")]
    operations = [
        migrations.AddField(
            "signature",
            "organisation",
            models.CharField(db_default="", max_length=160, verbose_name="organisation as signed"),
        )
    ]
