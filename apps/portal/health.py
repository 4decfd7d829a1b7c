"""Whether the hub is up: asked by the machine that runs it.

Answered before anything else looks at the request. Who asks calls this machine by its number, over plain http and
without a session: the check of hosts and the redirect to https would tell it that a healthy hub is ill.
"""

from __future__ import annotations

from collections.abc import Callable

import structlog
from django.conf import settings
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from kombu import Connection

logger = structlog.get_logger(__name__)
_BROKER_TIMEOUT = 1  # seconds


class HealthMiddleware:
    """The outermost layer: answers the addresses of ``PROBES`` and hands on the rest."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return PROBES.get(request.path_info, self.get_response)(request)


@never_cache
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """The process answers; asks nothing of anybody, so that a slow database does not get it killed."""
    return HttpResponse("ok", content_type="text/plain")


@never_cache
@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """Answer 200 when requests can be served, which needs the database and no migration outstanding; 503 otherwise.

    Without the broker, which is the cache as well, pages and forms go on and mails wait. That is told as degraded: a
    503 would make the proxy take every web process away, and the hub with them.
    """
    checks = {"database": _database, "migrations": _migrations, "broker": _broker}
    found = {name: _passes(name, check) for name, check in checks.items()}
    ready = found["database"] and found["migrations"]
    answer = {"ready": ready, "degraded": not all(found.values()), **found}
    return JsonResponse(answer, status=200 if ready else 503)


def _passes(name: str, check: Callable[[], bool]) -> bool:
    """The reason of a failure goes to the log alone: the answer is public."""
    try:
        return check()
    except Exception:
        logger.warning("not ready", check=name, exc_info=True)
        return False


def _database() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return True


def _migrations() -> bool:
    executor = MigrationExecutor(connection)
    return not executor.migration_plan(executor.loader.graph.leaf_nodes())


def _broker() -> bool:
    options = {"socket_connect_timeout": _BROKER_TIMEOUT, "socket_timeout": _BROKER_TIMEOUT}
    with Connection(settings.CELERY_BROKER_URL, transport_options=options) as broker:
        broker.ensure_connection(max_retries=1, timeout=_BROKER_TIMEOUT)
    return True


PROBES: dict[str, Callable[[HttpRequest], HttpResponse]] = {"/healthz": healthz, "/readyz": readyz}
