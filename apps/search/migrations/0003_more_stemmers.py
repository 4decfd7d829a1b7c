from __future__ import annotations

from django.db import migrations

STEMMERS = ("armenian", "basque", "catalan", "norwegian", "serbian", "turkish")


def _create(stemmer: str) -> str:
    return f"""
    CREATE TEXT SEARCH CONFIGURATION hub_{stemmer} (COPY = pg_catalog.{stemmer});
    ALTER TEXT SEARCH CONFIGURATION hub_{stemmer}
        ALTER MAPPING FOR hword, hword_part, word WITH unaccent, {stemmer}_stem;
    """


class Migration(migrations.Migration):
    """The languages beside the official ones of the European Union that PostgreSQL can stem."""

    dependencies = [("search", "0002_documents")]
    operations = [
        migrations.RunSQL(_create(name), f"DROP TEXT SEARCH CONFIGURATION hub_{name}") for name in STEMMERS
    ]
