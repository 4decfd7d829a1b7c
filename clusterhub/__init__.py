"""The ClusterHub project: settings, addresses, and the Celery application."""

from __future__ import annotations

from clusterhub.celery import app as celery_app

__all__ = ["celery_app"]
