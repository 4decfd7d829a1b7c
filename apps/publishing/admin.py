"""The moderation queue. Being staff is enough to work it; superusers have no more say than other curators.

Nothing is edited here: curators read, and take steps through the services.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from http import HTTPStatus
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin import helpers
from django.contrib.admin.views.main import ChangeList
from django.db import models
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseNotAllowed,
    HttpResponseRedirect,
)
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from apps.accounts.curating import StepsAdmin, curator_of
from apps.accounts.models import User
from apps.accounts.permissions import is_curator
from apps.audit.models import Entry
from apps.core import formats
from apps.core.admin import is_key
from apps.core.exceptions import HubError
from apps.core.kept_forms import take_kept
from apps.core.templatetags.ui import badge, state_badge
from apps.files.models import StoredFile
from apps.files.serving import file_response
from apps.publishing import permissions, registry
from apps.publishing.differences import MarkedDifference, mark
from apps.publishing.enums import WAITING_STATES, PublicationState
from apps.publishing.exceptions import ReasonMissingError
from apps.publishing.forms import StepForm
from apps.publishing.models import Publication, PublicationQuerySet
from apps.publishing.queries import next_to_decide, others_of_author, queue_of
from apps.publishing.steps import CURATOR_STEPS, Step, curator_steps

# One press takes a step for at most so many: each has a transaction, mails and an index of its own.
BULK_LIMIT = 200
_LIST = "admin:publishing_publication_changelist"
_PAGE = "admin:publishing_publication_change"


# --- Filters --------------------------------------------------------------------------------------


class StateFilter(admin.SimpleListFilter):
    """Without a choice the list is the queue."""

    title = gettext_lazy("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("all", gettext_lazy("All")), *PublicationState.choices]

    def choices(self, changelist: ChangeList) -> Iterator[Any]:
        yield {
            "selected": self.value() is None,
            "query_string": changelist.get_query_string(remove=[self.parameter_name]),
            "display": _("Waiting for a decision"),
        }
        for value, label in self.lookup_choices:
            yield {
                "selected": self.value() == value,
                "query_string": changelist.get_query_string({self.parameter_name: value}),
                "display": label,
            }

    def queryset(
        self, request: HttpRequest, queryset: models.QuerySet[Publication]
    ) -> models.QuerySet[Publication]:
        value = self.value()
        if value == "all":
            return queryset
        return queryset.filter(state=value) if value else queryset.filter(state__in=WAITING_STATES)


class KindFilter(admin.SimpleListFilter):
    title = gettext_lazy("kind")
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return registry.kinds()

    def has_output(self) -> bool:
        return True

    def queryset(
        self, request: HttpRequest, queryset: models.QuerySet[Publication]
    ) -> models.QuerySet[Publication]:
        return queryset.filter(kind=self.value()) if self.value() else queryset


class LanguageFilter(admin.SimpleListFilter):
    """Languages in which something was contributed, by their names."""

    title = gettext_lazy("language")
    parameter_name = "language"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        codes = Publication.objects.order_by("language").values_list("language", flat=True).distinct()
        return sorted(((code, formats.language_name(code)) for code in codes), key=lambda pair: pair[1])

    def queryset(
        self, request: HttpRequest, queryset: models.QuerySet[Publication]
    ) -> models.QuerySet[Publication]:
        return queryset.filter(language=self.value()) if self.value() else queryset


# --- What the pages show --------------------------------------------------------------------------


@dataclass
class Preview:
    """What a curator reads before deciding. ``problem`` says why there is nothing to read."""

    item: SafeString | str = ""
    live: SafeString | str = ""
    differences: list[MarkedDifference] = field(default_factory=list)
    is_returned: bool = False
    since_returned: list[MarkedDifference] = field(default_factory=list)
    files: list[StoredFile] = field(default_factory=list)
    problem: str = ""


def preview_of(publication: Publication, request: HttpRequest) -> Preview:
    try:
        item = registry.item_of(publication)
        publishable = registry.type_of(publication)
        preview = Preview(item=_rendered(publication, request), files=list(publishable.files(item)))
        if publication.live is not None and publication.state != PublicationState.MERGED:
            live_item = registry.item_of(publication.live)
            found = publishable.differences(live_item=live_item, pending_item=item)
            preview.differences = [mark(difference) for difference in found]
            preview.live = _rendered(publication.live, request)
        if publication.returned_words is not None:
            preview.is_returned = True
            preview.since_returned = [mark(found) for found in registry.changes_since_returned(publication)]
    except HubError as error:
        return Preview(problem=str(error.message))
    return preview


def _rendered(publication: Publication, request: HttpRequest) -> SafeString:
    publishable = registry.type_of(publication)
    context = {**publishable.preview_context(publication), "publication": publication}
    return render_to_string(publishable.preview_template, context, request)


@dataclass
class Selection:
    """The items of a bulk step, parted into those that can take it and those that cannot."""

    ready: list[Publication] = field(default_factory=list)
    own: list[Publication] = field(default_factory=list)
    elsewhere: list[Publication] = field(default_factory=list)

    @classmethod
    def of(cls, publications: Iterable[Publication], step: Step) -> Selection:
        selection = cls()
        for publication in publications:
            if publication.has_interest:  # type: ignore[attr-defined] # annotated by with_interest_of
                selection.own.append(publication)
            elif publication.state not in step.from_states:
                selection.elsewhere.append(publication)
            else:
                selection.ready.append(publication)
        return selection


def _names(publications: Iterable[Publication]) -> str:
    return ", ".join(f"“{publication}”" for publication in publications)


# --- The admin ------------------------------------------------------------------------------------


class QueueList(ChangeList):
    """A page of the list, with what each item is: a query for each kind, not for each row."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.result_list: Any = list(self.result_list)
        names = registry.type_names(self.result_list)
        for publication in self.result_list:
            publication.type_name = names[publication.pk]


@admin.register(Publication)
class PublicationAdmin(StepsAdmin):
    steps = CURATOR_STEPS
    list_display = ("title", "type_name", "contributed_by", "language_name", "stands", "waiting_since")
    list_display_links = ("title",)
    list_filter = (
        StateFilter,
        KindFilter,
        ("organisation", admin.RelatedOnlyFieldListFilter),
        LanguageFilter,
    )
    list_select_related = ("organisation", "author", "live")
    list_per_page = 50
    list_max_show_all = BULK_LIMIT
    search_fields = ("title", "author__name", "organisation__name")
    search_help_text = gettext_lazy("Title, author or organisation")
    ordering = ("submitted_at", "pk")
    show_full_result_count = False
    change_form_template = "admin/publishing/publication/change_form.html"
    change_list_template = "admin/publishing/publication/change_list.html"

    # --- Who may ---

    def has_view_permission(self, request: HttpRequest, obj: Publication | None = None) -> bool:
        if obj is None:
            return is_curator(request.user)
        return is_curator(request.user) and permissions.can_view(request.user, obj)

    def has_change_permission(self, request: HttpRequest, obj: Publication | None = None) -> bool:
        """Curators take steps; the content is its author's."""
        return False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Publication | None = None) -> bool:
        """Withdrawing leaves a tombstone; deleting would leave a hole in the history."""
        return False

    # --- The queue ---

    def get_queryset(self, request: HttpRequest) -> PublicationQuerySet:
        user = curator_of(request)
        return Publication.objects.visible_to(user).with_interest_of(user)

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return QueueList

    @admin.display(description=gettext_lazy("type"), ordering="kind")
    def type_name(self, publication: Publication) -> str:
        name: str = publication.type_name  # type: ignore[attr-defined] # set by QueueList
        return name

    @admin.display(description=gettext_lazy("organisation and author"), ordering="organisation__name")
    def contributed_by(self, publication: Publication) -> SafeString:
        return format_html(
            '{}<br><span class="hub-quiet">{}</span>', publication.organisation, publication.author
        )

    @admin.display(description=gettext_lazy("language"), ordering="language")
    def language_name(self, publication: Publication) -> str:
        return formats.language_name(publication.language)

    @admin.display(description=gettext_lazy("waiting"), ordering="submitted_at")
    def waiting_since(self, publication: Publication) -> str | None:
        if publication.state not in WAITING_STATES or publication.submitted_at is None:
            return None
        time = formats.how_long(publication.submitted_at, depth=1)
        return _("for %(time)s") % {"time": time} if time else _("just came")

    @admin.display(description=gettext_lazy("state"), ordering="state")
    def stands(self, publication: Publication) -> SafeString:
        """The state, and what a curator should know before opening it."""
        notes = [state_badge(publication.state, publication.get_state_display())]
        if publication.live_id is not None:
            notes.append(badge(_("New version")))
        if publication.returned_words is not None and publication.state in WAITING_STATES:
            notes.append(badge(_("Submitted again")))
        if publication.has_interest:  # type: ignore[attr-defined] # annotated by with_interest_of
            notes.append(badge(_("Yours or your organisation's: for others to decide"), "warning"))
        return format_html_join(" ", "{}", ((note,) for note in notes))

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        context = {"title": _("Moderation"), "queue": queue_of(curator_of(request)), **(extra_context or {})}
        return super().changelist_view(request, context)

    # --- One item ---

    def get_urls(self) -> list[URLPattern]:
        file = path(
            "<int:pk>/file/<uuid:file_id>/",
            self.admin_site.admin_view(self.file_view),
            name="publishing_publication_file",
        )
        return [file, *super().get_urls()]

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        if request.method not in {"GET", "HEAD"}:
            return HttpResponseNotAllowed(["GET", "HEAD"])
        publication = self._find(request, object_id)
        if publication is None:
            messages.warning(request, _("This contribution is not there, or it is a draft of somebody else."))
            return HttpResponseRedirect(reverse(_LIST))
        return self._page(request, publication, self._fresh_form(publication))

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The history is on the item's page."""
        return HttpResponseRedirect(reverse(_PAGE, args=[object_id]) + "#history-heading")

    def step_view(self, request: HttpRequest, pk: int, name: str) -> HttpResponse:
        step, publication = CURATOR_STEPS.get(name), self._find(request, str(pk))
        if step is None or publication is None:
            raise Http404
        here = HttpResponseRedirect(reverse(_PAGE, args=[pk]))
        if request.method != "POST":
            kept = take_kept(request)
            return self._page(request, publication, StepForm(kept)) if kept else here
        form = StepForm(request.POST, step=step)
        if not form.is_valid():
            return self._page(request, publication, form)
        try:
            _take(step, publication, by=curator_of(request), **form.cleaned_data)
        except ReasonMissingError as error:
            form.add_error("reason", str(error.message))
            return self._page(request, publication, form)
        except HubError as error:
            messages.error(request, str(error.message))
            return self._page_as_it_is_now(request, publication, reason=form.cleaned_data["reason"])
        return self._after(request, step, publication)

    def _page_as_it_is_now(
        self, request: HttpRequest, publication: Publication, *, reason: str
    ) -> HttpResponse:
        """Somebody was faster, or the item changed: show what there is now, with the reason as it was typed."""
        fresh = self._find(request, str(publication.pk))
        if fresh is None:
            return HttpResponseRedirect(reverse(_LIST))
        form = StepForm(initial={"seen": _seen_token(fresh), "reason": reason})
        return self._page(request, fresh, form, status=HTTPStatus.CONFLICT)

    def _after(self, request: HttpRequest, step: Step, publication: Publication) -> HttpResponseRedirect:
        """What was decided leads to what waits next; any other step stays with its item."""
        page = reverse(_PAGE, args=[publication.pk])
        done = step.done % {"title": publication.title}
        if not (step.is_decision and publication.state in WAITING_STATES):
            messages.success(request, done)
            return HttpResponseRedirect(page)
        messages.success(request, format_html('{} <a href="{}">{}</a>', done, page, _("Look at it again")))
        following = next_to_decide(curator_of(request), after=publication)
        if following is None:
            messages.info(request, _("Nothing else waits for your decision."))
            return HttpResponseRedirect(reverse(_LIST))
        return HttpResponseRedirect(reverse(_PAGE, args=[following.pk]))

    def file_view(self, request: HttpRequest, pk: int, file_id: Any) -> HttpResponseBase:
        """The curator's way to a file of an item that is not public yet."""
        publication = self._find(request, str(pk))
        if publication is None:
            raise Http404
        try:
            files = registry.type_of(publication).files(registry.item_of(publication))
        except HubError as error:
            raise Http404 from error
        for stored_file in files:
            if stored_file.pk == file_id:
                return file_response(stored_file, request=request)
        raise Http404

    def _find(self, request: HttpRequest, object_id: str) -> Publication | None:
        if not is_key(self.model._meta.pk, object_id):
            return None
        return self.get_queryset(request).for_list().filter(pk=int(object_id)).first()

    def _fresh_form(self, publication: Publication) -> StepForm:
        return StepForm(initial={"seen": _seen_token(publication)})

    def _page(
        self, request: HttpRequest, publication: Publication, form: StepForm, *, status: int = HTTPStatus.OK
    ) -> HttpResponse:
        curator = curator_of(request)
        why_not = permissions.why_not_decide(curator, publication)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Decide on “%(title)s”") % {"title": publication.title},
            "opts": self.opts,
            "publication": publication,
            "type_name": registry.type_names([publication])[publication.pk],
            "language_name": formats.language_name(publication.language),
            "preview": preview_of(publication, request),
            "has_scanner": bool(settings.CLAMD_ADDRESS),
            "steps": [] if why_not else curator_steps(publication),
            "why_not": why_not,
            "form": form,
            "history": Entry.objects.about(publication),
            "others": others_of_author(publication, curator=curator),
            "following": next_to_decide(curator, after=publication),
        }
        return render(request, self.change_form_template, context, status=status)

    # --- Many items ---

    def bulk(
        self, request: HttpRequest, queryset: models.QuerySet[Publication], step: Step
    ) -> HttpResponse | None:
        """Ask once for the reason, then take the step for each item in a transaction of its own."""
        if queryset.count() > BULK_LIMIT:
            text = _("Please select at most %(limit)d contributions at once.")
            messages.error(request, text % {"limit": BULK_LIMIT})
            return None
        is_confirmed = "confirmed" in request.POST
        if is_confirmed:
            # Not through the filters of the list: what somebody else decided meanwhile must be named, not lost.
            keys = request.POST.getlist(helpers.ACTION_CHECKBOX_NAME)
            queryset = self.get_queryset(request).filter(pk__in=[int(key) for key in keys])
        selection = Selection.of(queryset.order_by("submitted_at", "pk").select_related("organisation"), step)
        form = StepForm(request.POST if is_confirmed else None, step=step)
        if not is_confirmed or not form.is_valid():
            return self._bulk_page(request, selection, step, form)
        self._take_each(request, selection, step, reason=form.cleaned_data["reason"])
        return None

    def _bulk_page(
        self, request: HttpRequest, selection: Selection, step: Step, form: StepForm
    ) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": step.label,
            "opts": self.opts,
            "step": step,
            "form": form,
            "selection": selection,
            "ready": [(publication, _seen_token(publication)) for publication in selection.ready],
            "action_checkbox_name": helpers.ACTION_CHECKBOX_NAME,
        }
        return render(request, "admin/publishing/publication/bulk_step.html", context)

    def _take_each(self, request: HttpRequest, selection: Selection, step: Step, *, reason: str) -> None:
        done, failed = 0, []
        for publication in selection.ready:
            seen = _parse_seen(request.POST.get(f"seen-{publication.pk}", ""))
            try:
                _take(step, publication, by=curator_of(request), reason=reason, seen=seen)
            except HubError as error:
                failed.append(f"“{publication}”: {error.message}")
            else:
                done += 1
        self._report(request, selection, step, done=done, failed=failed)

    def _report(
        self, request: HttpRequest, selection: Selection, step: Step, *, done: int, failed: list[str]
    ) -> None:
        if done:
            text = ngettext(
                "%(step)s: done for %(count)d contribution.",
                "%(step)s: done for %(count)d contributions.",
                done,
            )
            messages.success(request, text % {"step": step.label, "count": done})
        if selection.own:
            text = _("Left for somebody else, because yours or your organisation's: %(names)s")
            messages.warning(request, text % {"names": _names(selection.own)})
        if selection.elsewhere:
            text = _("Not in a state that allows this step: %(names)s")
            messages.warning(request, text % {"names": _names(selection.elsewhere)})
        for sentence in failed:
            messages.error(request, sentence)


def _take(step: Step, publication: Publication, *, by: User, reason: str, seen: datetime | None) -> None:
    step.service(publication_id=publication.pk, by=by, reason=reason, seen=seen)


def _seen_token(publication: Publication) -> str:
    """To the microsecond and with its offset, so that it comes back as the same moment."""
    return publication.round


def _parse_seen(value: str) -> datetime | None:
    try:
        seen: datetime | None = forms.DateTimeField(required=False).clean(value)
    except forms.ValidationError:
        return None
    return seen
