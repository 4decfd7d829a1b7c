"""The hub as it runs, on a database of its own, without the files that only a deployment gathers."""

from __future__ import annotations

from clusterhub.settings.local import *  # noqa: F403
from clusterhub.settings.local import ALLOWED_HOSTS, BASE_DIR, CACHES, DATABASES, LOGGING, STORAGES, TEMPLATES

DATABASE_NAME = "bench_clusterhub"
DATABASES["default"]["NAME"] = DATABASE_NAME
DATABASES["default"]["CONN_HEALTH_CHECKS"] = False
CACHES["default"]["KEY_PREFIX"] = "bench"
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
ALLOWED_HOSTS.append("testserver")
ROOT_URLCONF = "bench.urls"
for engine in TEMPLATES:
    engine["DIRS"] = [*engine["DIRS"], BASE_DIR / "bench" / "templates"]  # type: ignore[misc]
LOGGING["root"]["level"] = "WARNING"
