"""What was not delivered, and why; never what was said."""

from __future__ import annotations

from django.contrib import admin
from django.db import models
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from apps.core.admin import ReadOnlyMixin
from apps.notifications.models import Notification, OutgoingMail

_DELIVERY = ["created_at", "due_at", "delivered_at", "attempts", "last_error", "gave_up_at"]


class OutboxAdmin(ReadOnlyMixin, admin.ModelAdmin[models.Model]):
    """Read only, with one way on: try again."""

    actions = ["try_again"]
    list_filter = [
        ("gave_up_at", admin.EmptyFieldListFilter),
        ("delivered_at", admin.EmptyFieldListFilter),
    ]
    show_full_result_count = False

    @admin.action(description=_("Try again now"), permissions=["view"])
    def try_again(self, request: HttpRequest, queryset: models.QuerySet[models.Model]) -> None:
        count = queryset.filter(delivered_at__isnull=True, due_at__isnull=False).update(
            due_at=timezone.now(), attempts=0, gave_up_at=None
        )
        self.message_user(
            request,
            ngettext(
                "%(count)d mail will be tried again within a minute.",
                "%(count)d mails will be tried again within a minute.",
                count,
            )
            % {"count": count},
        )


@admin.register(Notification)
class NotificationAdmin(OutboxAdmin):
    list_display = ["kind", "recipient", "frequency", *_DELIVERY]
    list_filter = [*OutboxAdmin.list_filter, "kind", "frequency"]
    list_select_related = ["recipient"]
    fields = ["kind", "recipient", "frequency", *_DELIVERY]


@admin.register(OutgoingMail)
class OutgoingMailAdmin(OutboxAdmin):
    list_display = ["subject", *_DELIVERY]
    fields = ["subject", *_DELIVERY]
