"""Which notifications are shown."""

from __future__ import annotations

import django_filters
from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.notifications.kinds import all_kinds
from apps.notifications.models import Notification


class NotificationFilter(django_filters.FilterSet):  # type: ignore[misc]  # the library ships no types
    unread = django_filters.ChoiceFilter(
        label=_("Show"), choices=[("1", _("Unread only"))], empty_label=_("All"), method="only_unread"
    )
    kind = django_filters.ChoiceFilter(
        label=_("Kind"),
        choices=lambda: [(kind.code, kind.label) for kind in all_kinds()],
        empty_label=_("All kinds"),
    )

    class Meta:
        model = Notification
        fields: list[str] = []

    def only_unread(
        self, queryset: models.QuerySet[Notification], name: str, value: str
    ) -> models.QuerySet[Notification]:
        return queryset.filter(read_at__isnull=True) if value else queryset
