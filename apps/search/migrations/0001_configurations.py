from __future__ import annotations

from django.db import migrations

STEMMERS = (
    "danish", "german", "greek", "english", "spanish", "estonian", "finnish", "french", "irish", "hungarian",
    "italian", "lithuanian", "dutch", "portuguese", "romanian", "swedish",
)  # fmt: skip
_WORDS = "hword, hword_part, word"


def _create(stemmer: str, dictionary: str) -> str:
    """Where this PostgreSQL lacks a stemmer (Estonian before 18), its language is read without one."""
    return f"""
    DO $$ BEGIN
        IF EXISTS (SELECT FROM pg_ts_config WHERE cfgname = '{stemmer}' AND cfgnamespace = 'pg_catalog'::regnamespace)
        THEN
            CREATE TEXT SEARCH CONFIGURATION hub_{stemmer} (COPY = pg_catalog.{stemmer});
            ALTER TEXT SEARCH CONFIGURATION hub_{stemmer} ALTER MAPPING FOR {_WORDS} WITH unaccent, {dictionary};
        ELSE
            CREATE TEXT SEARCH CONFIGURATION hub_{stemmer} (COPY = pg_catalog.simple);
            ALTER TEXT SEARCH CONFIGURATION hub_{stemmer} ALTER MAPPING FOR {_WORDS} WITH unaccent, simple;
        END IF;
    END $$;
    """


class Migration(migrations.Migration):
    """One configuration for each stemmer, and one without, that forgive accents."""

    dependencies = [("core", "0001_extensions")]
    operations = [
        migrations.RunSQL(
            _create(name, "simple" if name == "simple" else f"{name}_stem"),
            f"DROP TEXT SEARCH CONFIGURATION hub_{name}",
        )
        for name in ("simple", *STEMMERS)
    ]
