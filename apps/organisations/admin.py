"""Curators verify organisations, and hide what does not belong in the directory."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.db import models
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from apps.core.exceptions import HubError
from apps.organisations import permissions, services
from apps.organisations.models import JoinRequest, Membership, Organisation


class CuratedAdmin(admin.ModelAdmin[Any]):
    """Every curator sees it; changes are steps of the services, so nothing is typed here."""

    def has_module_permission(self, request: HttpRequest) -> bool:
        return permissions.is_curator(request.user)

    def has_view_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return permissions.is_curator(request.user)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False


class MembershipInline(admin.TabularInline[Membership, Organisation]):
    model = Membership
    extra = 0
    can_delete = False
    readonly_fields = ["user", "role", "created_at"]

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Membership]:
        return super().get_queryset(request).select_related("user")

    def has_view_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return permissions.is_curator(request.user)

    def has_add_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False


@admin.register(Organisation)
class OrganisationAdmin(CuratedAdmin):
    list_display = ["name", "kind", "country", "verified_at", "confirmed_at", "is_illustrative", "is_active"]
    list_filter = [
        ("verified_at", admin.EmptyFieldListFilter),
        "kind",
        "is_illustrative",
        "is_active",
        "country",
    ]
    list_select_related = ["country"]
    search_fields = ["name", "city"]
    inlines = [MembershipInline]
    actions = ["verify", "hide", "show"]

    @admin.action(description=gettext_lazy("Verify"), permissions=["view"])
    def verify(self, request: HttpRequest, queryset: models.QuerySet[Organisation]) -> None:
        self._each(
            request, queryset, lambda pk: services.verify_organisation(organisation_id=pk, by=request.user)
        )  # type: ignore[arg-type]

    @admin.action(description=gettext_lazy("Hide from the directory"), permissions=["view"])
    def hide(self, request: HttpRequest, queryset: models.QuerySet[Organisation]) -> None:
        self._each(
            request,
            queryset,
            lambda pk: services.set_shown(organisation_id=pk, is_shown=False, by=request.user),  # type: ignore[arg-type]
        )

    @admin.action(description=gettext_lazy("Show in the directory"), permissions=["view"])
    def show(self, request: HttpRequest, queryset: models.QuerySet[Organisation]) -> None:
        self._each(
            request,
            queryset,
            lambda pk: services.set_shown(organisation_id=pk, is_shown=True, by=request.user),  # type: ignore[arg-type]
        )

    def _each(
        self, request: HttpRequest, queryset: models.QuerySet[Organisation], step: Callable[[int], object]
    ) -> None:
        """One transaction for each, so that one refusal does not undo the others."""
        done = 0
        for organisation in queryset:
            try:
                step(organisation.pk)
                done += 1
            except HubError as error:
                refused = _("%(organisation)s: %(reason)s")
                self.message_user(
                    request,
                    refused % {"organisation": organisation, "reason": error.message},
                    messages.WARNING,
                )
        if done:
            text = ngettext(
                "%(count)d organisation is changed.", "%(count)d organisations are changed.", done
            )
            self.message_user(request, text % {"count": done}, messages.SUCCESS)


@admin.register(JoinRequest)
class JoinRequestAdmin(CuratedAdmin):
    list_display = ["user", "organisation", "state", "created_at", "decided_by"]
    list_filter = ["state"]
    list_select_related = ["user", "organisation", "decided_by"]
