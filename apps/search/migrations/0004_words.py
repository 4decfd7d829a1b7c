from __future__ import annotations

import django.contrib.postgres.indexes
from django.db import migrations, models


class Migration(migrations.Migration):
    """Typing errors are compared with a list of words, no longer with every summary, which took seconds; what is ranked
    and counted stays in the row, whatever its width.
    """

    dependencies = [
        ("search", "0003_more_stemmers"),
    ]

    operations = [
        migrations.CreateModel(
            name="Word",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("text", models.CharField(db_collation="C", max_length=40)),
                ("config", models.CharField(db_collation="C", max_length=40)),
            ],
            options={
                "ordering": ["text", "config"],
            },
        ),
        migrations.RemoveIndex(
            model_name="document",
            name="document_fuzzy",
        ),
        migrations.RemoveField(
            model_name="document",
            name="fuzzy",
        ),
        migrations.AddIndex(
            model_name="document",
            index=models.Index(fields=["-published_at", "-id"], name="document_newest_of_all"),
        ),
        migrations.AddIndex(
            model_name="word",
            index=models.Index(fields=["text", "config"], name="word_text"),
        ),
        migrations.AddIndex(
            model_name="word",
            index=django.contrib.postgres.indexes.GinIndex(
                fields=["text"], name="word_similar", opclasses=["gin_trgm_ops"]
            ),
        ),
        migrations.RunSQL(
            "ALTER TABLE search_document ALTER COLUMN head SET STORAGE MAIN; "
            "ALTER TABLE search_document ALTER COLUMN facets SET STORAGE MAIN",
            migrations.RunSQL.noop,
        ),
    ]
