"""``python -m bench``: run the measures that ``ONLY`` names, or all of them."""

from __future__ import annotations

import os
import pkgutil
import sys
from importlib import import_module

import django
import psycopg2
from psycopg2.extensions import connection as Connection  # noqa: N812 - a class with the name of a variable

import bench
from bench import report

_NO_MEASURES = {"__main__", "settings", "urls", "pages", "report", "corpus", "exchange_rows"}


def main() -> int:
    os.environ["DJANGO_SETTINGS_MODULE"] = "bench.settings"
    names = sorted(
        found.name for found in pkgutil.iter_modules(bench.__path__) if found.name not in _NO_MEASURES
    )
    chosen = os.environ.get("ONLY", "").replace(",", " ").split() or names
    unknown = sorted(set(chosen) - set(names))
    size = os.environ.get("SIZE", "") or "100000"
    if unknown or not size.isdecimal() or int(size) < 1:
        print(f"ONLY= takes {', '.join(names)}; SIZE= a number, 100000 unless said.", file=sys.stderr)
        return 2
    alone = _prepare()
    if alone is None:
        print("Another measurement runs on this server: they would disturb each other.", file=sys.stderr)
        return 1
    for name in chosen:
        module = import_module(f"bench.{name}")
        report.title(f"=== {name} " + "=" * (70 - len(name)))
        module.run(int(size))
    report.summary()
    alone.close()
    return 0


def _prepare() -> Connection | None:
    """A database of its own, with the hub's tables. The connection keeps others out; None: somebody is in."""
    from bench.settings import DATABASE_NAME, DATABASES

    base = DATABASES["default"]
    given = {"host": base["HOST"], "port": base["PORT"], "user": base["USER"], "password": base["PASSWORD"]}
    connection = psycopg2.connect(dbname="postgres", **{key: value for key, value in given.items() if value})
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(hashtext(%s))", [DATABASE_NAME])
        if not cursor.fetchone()[0]:
            return None
        cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE_NAME])
        if cursor.fetchone() is None:
            print(f"making the database {DATABASE_NAME}")
            cursor.execute(f'CREATE DATABASE "{DATABASE_NAME}"')
    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    return connection


if __name__ == "__main__":
    sys.exit(main())
