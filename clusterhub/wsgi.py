"""The WSGI entry point."""

from __future__ import annotations

import os
from typing import Any

import django
from django.core.handlers.wsgi import WSGIHandler, WSGIRequest
from django.utils.http import parse_header_parameters

from clusterhub import celery_app

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "clusterhub.settings.production")


class HubRequest(WSGIRequest):
    """Says what the header says, and decodes nothing by it.

    Django does both before any middleware runs, where a charset that it cannot use is an error that nobody answers.
    The hub speaks UTF-8 alone; ``RefuseUnreadableMiddleware`` tells so.
    """

    def _set_content_type_params(self, meta: dict[str, Any]) -> None:
        try:
            self.content_type, self.content_params = parse_header_parameters(meta.get("CONTENT_TYPE", ""))
        except ValueError:
            self.content_type, self.content_params = "", {"charset": ""}


class HubHandler(WSGIHandler):
    request_class = HubRequest


django.setup(set_prefix=False)
# A page does not wait for the broker as a worker may: what is not started now is found by the next sweep (seconds).
celery_app.conf.broker_transport_options |= {
    "max_retries": 0,
    "socket_connect_timeout": 0.5,
    "socket_timeout": 0.5,
}
application = HubHandler()
