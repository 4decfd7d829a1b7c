"""The test suite's settings for a hub that runs in processes of its own, with the real cache and broker."""

from __future__ import annotations

from clusterhub.settings import base
from clusterhub.settings.test import *  # noqa: F403
from clusterhub.settings.test import DATABASES

CACHES = base.CACHES
CELERY_TASK_ALWAYS_EAGER = False
CELERY_BROKER_TRANSPORT_OPTIONS = base.CELERY_BROKER_TRANSPORT_OPTIONS
DATABASES["default"]["CONN_MAX_AGE"] = 600
BODY_GRACE_SECONDS = 5
