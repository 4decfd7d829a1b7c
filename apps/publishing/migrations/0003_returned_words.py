from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("publishing", "0002_version_rules")]

    operations = [
        migrations.AddField(
            model_name="publication",
            name="returned_words",
            field=models.JSONField(editable=False, null=True),
        )
    ]
