"""What was not delivered, and why; never what was said."""

from __future__ import annotations

from django.contrib import admin
from django.db import models
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.notifications.models import Notification, OutgoingMail


class OutboxAdmin(admin.ModelAdmin[models.Model]):
    """Read only, with one way on: try again."""

    actions = ["try_again"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False

    @admin.action(description=_("Try again now"), permissions=["view"])
    def try_again(self, request: HttpRequest, queryset: models.QuerySet[models.Model]) -> None:
        queryset.filter(delivered_at__isnull=True, due_at__isnull=False).update(
            due_at=timezone.now(), attempts=0
        )


@admin.register(Notification)
class NotificationAdmin(OutboxAdmin):
    list_display = [
        "kind",
        "recipient",
        "created_at",
        "frequency",
        "due_at",
        "delivered_at",
        "attempts",
        "last_error",
    ]
    list_filter = ["kind", "frequency", ("delivered_at", admin.EmptyFieldListFilter)]
    list_select_related = ["recipient"]
    fields = [
        "kind",
        "recipient",
        "created_at",
        "frequency",
        "due_at",
        "delivered_at",
        "attempts",
        "last_error",
    ]


@admin.register(OutgoingMail)
class OutgoingMailAdmin(OutboxAdmin):
    list_display = ["subject", "created_at", "due_at", "delivered_at", "attempts", "last_error"]
    list_filter = [("delivered_at", admin.EmptyFieldListFilter)]
    fields = ["subject", "created_at", "due_at", "delivered_at", "attempts", "last_error"]
