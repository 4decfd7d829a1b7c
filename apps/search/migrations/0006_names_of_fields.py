from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("search", "0005_titles_and_keywords"),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="document",
            options={
                "ordering": ["-published_at", "-pk"],
                "verbose_name": "search document",
                "verbose_name_plural": "search documents",
            },
        ),
        migrations.AlterModelOptions(
            name="documenttext",
            options={
                "ordering": ["document"],
                "verbose_name": "text of a document",
                "verbose_name_plural": "texts of documents",
            },
        ),
        migrations.AlterModelOptions(
            name="facetvalue",
            options={
                "ordering": ["facet", "code"],
                "verbose_name": "value of a facet",
                "verbose_name_plural": "values of facets",
            },
        ),
        migrations.AlterModelOptions(
            name="word",
            options={"ordering": ["text", "config"], "verbose_name": "word", "verbose_name_plural": "words"},
        ),
    ]
