"""Curators verify organisations, hide what does not belong in the directory, and decide where nobody else can.

Every curator may, superuser or not. Nothing is typed here but reasons: changes are steps of the services.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin import helpers
from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from apps.accounts.models import User
from apps.accounts.permissions import is_curator
from apps.audit.models import Entry
from apps.core.admin import ReadOnlyMixin
from apps.core.exceptions import HubError
from apps.organisations import services
from apps.organisations.forms import ReasonForm
from apps.organisations.models import JoinRequest, Membership, Organisation

Step = Callable[[int], object]


def curator_of(request: HttpRequest) -> User:
    """The admin lets only staff in, so nobody here is anonymous."""
    user = request.user
    if not isinstance(user, User) or not is_curator(user):
        raise PermissionDenied
    return user


class CuratedAdmin(ReadOnlyMixin, admin.ModelAdmin[Any]):
    """Every curator sees all of it; nobody adds, types or deletes."""

    def has_module_permission(self, request: HttpRequest) -> bool:
        return is_curator(request.user)

    def has_view_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return is_curator(request.user)

    @admin.display(description=gettext_lazy("history"))
    def history(self, obj: models.Model) -> SafeString | str:
        """The steps of the hub, which cannot be changed; the admin's own history knows nothing of them."""
        lines = format_html_join(
            "",
            "<li>{} · {} · {}{}</li>",
            (
                (
                    f"{localtime(entry.at):%Y-%m-%d %H:%M}",
                    entry.action,
                    entry.by or _("the hub"),
                    f" · {entry.reason}" if entry.reason else "",
                )
                for entry in Entry.objects.about(obj)
            ),
        )
        return format_html("<ul>{}</ul>", lines) if lines else "-"

    def take(self, request: HttpRequest, queryset: models.QuerySet[Any], step: Step) -> None:
        """One transaction for each, so that one refusal does not undo the others."""
        done = 0
        for obj in queryset:
            try:
                step(obj.pk)
                done += 1
            except HubError as error:
                self.message_user(request, f"{self.named(obj)}: {error.message}", messages.WARNING)
        if done:
            text = ngettext("Done for %(count)d.", "Done for %(count)d.", done)
            self.message_user(request, text % {"count": done}, messages.SUCCESS)

    def take_with_reason(
        self,
        request: HttpRequest,
        queryset: models.QuerySet[Any],
        step: Callable[[int, str], object],
        *,
        action: str,
        title: str,
    ) -> HttpResponse | None:
        """Ask for the reason on a page of its own, which comes back until there is one."""
        form = ReasonForm(request.POST if "confirmed" in request.POST else None)
        if form.is_bound and form.is_valid():
            reason = form.cleaned_data["reason"]
            self.take(request, queryset, lambda pk: step(pk, reason))
            return None
        context = {
            **self.admin_site.each_context(request),
            "title": title,
            "form": form,
            "objects": [(obj.pk, self.named(obj)) for obj in queryset],
            "opts": self.opts,
            "action": action,
            "action_checkbox_name": helpers.ACTION_CHECKBOX_NAME,
        }
        return render(request, "organisations/admin_reason.html", context)

    def named(self, obj: Any) -> str:
        return str(obj)


class MembershipInline(ReadOnlyMixin, admin.TabularInline[Membership, Organisation]):
    model = Membership
    template = "admin/edit_inline/readonly.html"
    extra = 0
    can_delete = False
    fields = readonly_fields = ("user", "role", "created_at")

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Membership]:
        return super().get_queryset(request).select_related("user")

    def has_view_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return is_curator(request.user)


@admin.register(Organisation)
class OrganisationAdmin(CuratedAdmin):
    list_display = ["name", "kind", "country", "verified_at", "confirmed_at", "is_illustrative", "is_active"]
    list_filter = [
        ("verified_at", admin.EmptyFieldListFilter),
        "kind",
        "is_illustrative",
        "is_active",
        ("country", admin.RelatedOnlyFieldListFilter),
    ]
    list_select_related = ["country"]
    search_fields = ["name", "city"]
    inlines = [MembershipInline]
    actions = ["verify", "end_verification", "hide", "show"]
    fields = (
        "name",
        "slug",
        "kind",
        "country",
        "region",
        "city",
        "sectors",
        "website",
        "description",
        "language",
        "founded_year",
        "is_active",
        "is_illustrative",
        "verified_at",
        "verified_by",
        "confirmed_at",
        "basis",
        "source",
        "history",
    )
    readonly_fields = ("history",)

    def view_on_site(self, obj: Organisation) -> str:
        return obj.get_absolute_url()

    @admin.action(description=gettext_lazy("Verify"), permissions=["view"])
    def verify(self, request: HttpRequest, queryset: models.QuerySet[Organisation]) -> None:
        by = curator_of(request)
        self.take(request, queryset, lambda pk: services.verify_organisation(organisation_id=pk, by=by))

    @admin.action(description=gettext_lazy("Take the verification back"), permissions=["view"])
    def end_verification(
        self, request: HttpRequest, queryset: models.QuerySet[Organisation]
    ) -> HttpResponse | None:
        by = curator_of(request)
        return self.take_with_reason(
            request,
            queryset,
            lambda pk, reason: services.end_verification(organisation_id=pk, reason=reason, by=by),
            action="end_verification",
            title=_("Take the verification back"),
        )

    @admin.action(description=gettext_lazy("Hide from the directory"), permissions=["view"])
    def hide(self, request: HttpRequest, queryset: models.QuerySet[Organisation]) -> HttpResponse | None:
        by = curator_of(request)
        return self.take_with_reason(
            request,
            queryset,
            lambda pk, reason: services.hide_organisation(organisation_id=pk, reason=reason, by=by),
            action="hide",
            title=_("Hide from the directory"),
        )

    @admin.action(description=gettext_lazy("Show in the directory"), permissions=["view"])
    def show(self, request: HttpRequest, queryset: models.QuerySet[Organisation]) -> None:
        by = curator_of(request)
        self.take(request, queryset, lambda pk: services.show_organisation(organisation_id=pk, by=by))


@admin.register(JoinRequest)
class JoinRequestAdmin(CuratedAdmin):
    """For organisations without a manager curators decide; of the others they only see what happens."""

    list_display = ["user", "organisation", "state", "created_at", "decided_at", "decided_by"]
    list_filter = ["state"]
    list_select_related = ["user", "organisation", "decided_by"]
    search_fields = ["user__name", "organisation__name"]
    actions = ["accept", "decline"]
    fields = (
        "user",
        "organisation",
        "message",
        "state",
        "reason",
        "created_at",
        "decided_at",
        "decided_by",
        "history",
    )
    readonly_fields = ("created_at", "decided_at", "decided_by", "history")

    def named(self, obj: JoinRequest) -> str:
        return f"{obj.user} → {obj.organisation}"

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[JoinRequest]:
        return JoinRequest.objects.visible_to(curator_of(request)).select_related("user", "organisation")

    @admin.action(description=gettext_lazy("Accept"), permissions=["view"])
    def accept(self, request: HttpRequest, queryset: models.QuerySet[JoinRequest]) -> None:
        by = curator_of(request)
        self.take(request, queryset, lambda pk: services.accept_request(request_id=pk, by=by))

    @admin.action(description=gettext_lazy("Decline"), permissions=["view"])
    def decline(self, request: HttpRequest, queryset: models.QuerySet[JoinRequest]) -> HttpResponse | None:
        by = curator_of(request)
        return self.take_with_reason(
            request,
            queryset,
            lambda pk, reason: services.decline_request(request_id=pk, reason=reason, by=by),
            action="decline",
            title=_("Decline requests to join"),
        )
