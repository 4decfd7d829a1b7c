"""Curators verify organisations, hide what does not belong in the directory, and decide where nobody else can.

Every curator may, superuser or not. Nothing is typed here but reasons: changes are steps of the services.
"""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin import helpers
from django.db import models
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import Truncator
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from apps.accounts.curating import CuratorsAdmin, StepsAdmin, curator_of
from apps.accounts.permissions import is_curator
from apps.audit.models import Entry
from apps.core import formats
from apps.core.admin import ReadOnlyMixin
from apps.core.exceptions import HubError, ReasonMissingError
from apps.core.kept_forms import take_kept
from apps.organisations import permissions, services
from apps.organisations.forms import DecisionForm, ReasonForm
from apps.organisations.models import JoinRequest, Organisation
from apps.organisations.queries import (
    next_to_verify,
    others_of_similar_name,
    people_of,
    published_by,
    to_verify,
)
from apps.organisations.steps import CURATOR_STEPS, Step, curator_steps

_PEOPLE_SHOWN = 20
_MESSAGE_SHOWN = 120


class CuratedAdmin(ReadOnlyMixin, CuratorsAdmin):
    """Every curator sees all of it; nobody adds, types or deletes."""

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

    def take(
        self, request: HttpRequest, queryset: models.QuerySet[Any], step: Callable[[int], object]
    ) -> None:
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


@admin.register(Organisation)
class OrganisationAdmin(CuratedAdmin, StepsAdmin):
    steps = CURATOR_STEPS
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
    change_form_template = "admin/organisations/organisation/change_form.html"

    def view_on_site(self, obj: Organisation) -> str:
        return obj.get_absolute_url()

    # --- One organisation ---

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        organisation = self.get_object(request, object_id)
        if request.method == "POST" or organisation is None:
            return super().change_view(request, object_id, form_url, extra_context)
        return self._page(request, organisation, _fresh_form(organisation))

    def step_view(self, request: HttpRequest, pk: int, name: str) -> HttpResponse:
        step, organisation = CURATOR_STEPS.get(name), self.get_object(request, str(pk))
        if step is None or organisation is None:
            raise Http404
        if request.method != "POST":
            kept = take_kept(request)
            form = DecisionForm(kept) if kept else _fresh_form(organisation)
            return self._page(request, organisation, form)
        form = DecisionForm(request.POST, needs_reason=step.needs_reason)
        if not form.is_valid():
            return self._page(request, organisation, form)
        by, waited = curator_of(request), organisation in to_verify(curator_of(request))
        try:
            step.service(organisation_id=pk, by=by, **form.cleaned_data)
        except ReasonMissingError as error:
            form.add_error("reason", str(error.message))
            return self._page(request, organisation, form)
        except HubError as error:
            messages.error(request, str(error.message))
            fresh = self.get_object(request, str(pk)) or organisation
            form = _fresh_form(fresh, reason=form.cleaned_data["reason"])
            return self._page(request, fresh, form, status=HTTPStatus.CONFLICT)
        return self._after(request, step, organisation, waited=waited)

    def _after(
        self, request: HttpRequest, step: Step, organisation: Organisation, *, waited: bool
    ) -> HttpResponseRedirect:
        """What waited and is decided leads to what waits next; any other step stays with its organisation."""
        page = _page_of(organisation)
        done = step.done % {"name": organisation.name}
        if not waited:
            messages.success(request, done)
            return HttpResponseRedirect(page)
        messages.success(request, format_html('{} <a href="{}">{}</a>', done, page, _("Look at it again")))
        following = next_to_verify(curator_of(request), after=organisation)
        if following is None:
            messages.info(request, _("No other organisation waits to be verified."))
            return HttpResponseRedirect(reverse("admin:organisations_organisation_changelist"))
        return HttpResponseRedirect(_page_of(following))

    def _page(
        self,
        request: HttpRequest,
        organisation: Organisation,
        form: DecisionForm,
        *,
        status: int = HTTPStatus.OK,
    ) -> HttpResponse:
        curator = curator_of(request)
        may_decide = permissions.can_verify(curator, organisation)
        history = list(Entry.objects.about(organisation))
        context = {
            **self.admin_site.each_context(request),
            "title": _("Decide on “%(title)s”") % {"title": organisation.name},
            "opts": self.opts,
            "organisation": organisation,
            "added_by": next((entry.by for entry in history if entry.action == "created"), None),
            "people": people_of(organisation)[:_PEOPLE_SHOWN],
            "similar": others_of_similar_name(organisation),
            "published": published_by(organisation),
            "language_name": formats.language_name(organisation.language),
            "steps": curator_steps(organisation) if may_decide else [],
            "why_not": "" if may_decide else permissions.OWN_IS_FOR_OTHERS,
            "form": form,
            "history": history,
            "following": next_to_verify(curator, after=organisation),
        }
        return render(request, self.change_form_template, context, status=status)

    # --- Many ---

    def bulk(
        self, request: HttpRequest, queryset: models.QuerySet[Organisation], step: Step
    ) -> HttpResponse | None:
        by = curator_of(request)
        if not step.needs_reason:
            self.take(request, queryset, lambda pk: step.service(organisation_id=pk, by=by))
            return None
        return self.take_with_reason(
            request,
            queryset,
            lambda pk, reason: step.service(organisation_id=pk, reason=reason, by=by),
            action=step.name,
            title=str(step.label),
        )


def _page_of(organisation: Organisation) -> str:
    return reverse("admin:organisations_organisation_change", args=[organisation.pk])


def _fresh_form(organisation: Organisation, *, reason: str = "") -> DecisionForm:
    """To the microsecond, so that it comes back as the same moment."""
    return DecisionForm(initial={"seen": organisation.updated_at.isoformat(), "reason": reason})


@admin.register(JoinRequest)
class JoinRequestAdmin(CuratedAdmin):
    """For organisations without a manager curators decide; of the others they only see what happens."""

    list_display = ["user", "organisation", "words", "state", "asked", "decision"]
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

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return super().changelist_view(request, {"title": _("Requests to join"), **(extra_context or {})})

    @admin.display(description=gettext_lazy("message"))
    def words(self, obj: JoinRequest) -> str:
        return Truncator(obj.message).chars(_MESSAGE_SHOWN)

    @admin.display(description=gettext_lazy("asked"), ordering="created_at")
    def asked(self, obj: JoinRequest) -> str:
        return formats.short_day(obj.created_at)

    @admin.display(description=gettext_lazy("decision"), ordering="decided_at")
    def decision(self, obj: JoinRequest) -> SafeString | str:
        """When and by whom; until then, the page on which it is answered."""
        if obj.decided_at is None:
            people = reverse("organisations:organisation-people", args=[obj.organisation.slug])
            return format_html('<a href="{}">{}</a>', people, _("Where it is decided"))
        return _("%(day)s, %(person)s") % {
            "day": formats.short_day(obj.decided_at),
            "person": obj.decided_by or "",
        }

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
