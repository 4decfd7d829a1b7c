import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("knowledge", "0001_resources_and_guide"),
    ]

    operations = [
        migrations.AlterField(
            model_name="linkcheck",
            name="resource",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="link_check",
                to="knowledge.resource",
                verbose_name="resource",
            ),
        ),
    ]
