from __future__ import annotations

from django.contrib.postgres.operations import CreateCollation
from django.db import migrations, models
from django.db.models.functions import Collate


class Migration(migrations.Migration):
    """Titles are put in an order that suits all languages, with numbers by their size; an item is found by keywords."""

    dependencies = [("search", "0004_words")]

    operations = [
        CreateCollation("search_titles", provider="icu", locale="und-u-kn"),
        migrations.AddField(
            model_name="documenttext", name="keywords", field=models.TextField(blank=True, default=""),
            preserve_default=False,
        ),
        migrations.AddIndex(
            model_name="document",
            index=models.Index(
                models.F("kind"), Collate("title", "search_titles"), models.F("id"), name="document_titles"
            ),
        ),
    ]  # fmt: skip
