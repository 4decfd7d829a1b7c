"""The Celery application; every app's ``tasks.py`` is found by name."""

from __future__ import annotations

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "clusterhub.settings.local")

app = Celery("clusterhub")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
