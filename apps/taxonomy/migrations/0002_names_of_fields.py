import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("taxonomy", "0001_vocabularies"),
    ]

    operations = [
        migrations.AlterField(
            model_name="country",
            name="iso3",
            field=models.CharField(max_length=3, unique=True, verbose_name="code of three letters"),
        ),
        migrations.AlterField(
            model_name="region",
            name="country",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="regions",
                to="taxonomy.country",
                verbose_name="country",
            ),
        ),
        migrations.AlterField(
            model_name="region",
            name="parent",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="children",
                to="taxonomy.region",
                verbose_name="part of",
            ),
        ),
        migrations.AlterField(
            model_name="sector",
            name="ecosystem",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="sectors",
                to="taxonomy.industrialecosystem",
                verbose_name="industrial ecosystem",
            ),
        ),
    ]
