"""The page of one resource, its file and its citations."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import urlsplit

from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from apps.accounts.http import Request
from apps.accounts.models import User
from apps.audit.models import Entry
from apps.core.components import Moment, Tone
from apps.files.serving import file_response
from apps.knowledge import permissions, presentation, services
from apps.knowledge.models import LinkCheck, Resource
from apps.knowledge.queries import related
from apps.knowledge.slugs import NUMBERED
from apps.publishing.enums import OPEN_STATES, Action, PublicationState
from apps.publishing.models import Publication
from apps.publishing.permissions import can_see_history
from apps.publishing.templatetags.publishing import action_label

HISTORY_SHOWN = 30
_TONES: dict[str, Tone] = {
    Action.APPROVED: "success",
    Action.RESTORED: "success",
    Action.VERSION_MERGED: "success",
    Action.CHANGES_REQUESTED: "warning",
    Action.HIDDEN: "warning",
    Action.DECLINED: "danger",
    Action.WITHDRAWN: "danger",
    Action.CREATED: "neutral",
}

_ROBOT = re.compile(r"bot\b|bot/|crawl|spider|slurp|preview|curl|wget|python-|httpx|monitor", re.IGNORECASE)


def find_resource(slug: str) -> Resource:
    """By its address, or by the number that it had as a draft: a link in an old message still leads to it."""
    resource = Resource.objects.for_detail().filter(slug=slug).first()
    number = NUMBERED.match(slug)
    if resource is None and number:
        resource = Resource.objects.for_detail().filter(publication=int(number[1])).first()
    if resource is None:
        raise Http404
    return resource


@require_safe
def resource_detail(request: Request, slug: str) -> HttpResponse:
    resource = find_resource(slug)
    if permissions.has_tombstone(resource):
        return render(request, "knowledge/resource_tombstone.html", {"resource": resource}, status=410)
    if not permissions.can_view(request.user, resource):
        raise Http404
    publication = resource.publication
    if publication.state == PublicationState.MERGED and publication.live:
        return redirect(Resource.objects.get(publication=publication.live))
    if resource.slug != slug:
        return redirect(resource)
    context = {
        "resource": resource,
        "publication": publication,
        "is_public": publication.is_public,
        "provenance": presentation.provenance(resource),
        "coverage": presentation.coverage(resource),
        "type_url": presentation.catalogue_url("type", resource.resource_type),
        "host": urlsplit(resource.link).hostname or "",
        "reader_language": get_language(),
        **(_for_everybody(resource) if publication.is_public else {}),
        **_for_its_people(request, resource),
    }
    return render(request, "knowledge/resource_detail.html", context)


def _for_everybody(resource: Resource) -> dict[str, Any]:
    """What leads on from something public. Of what is not, there is nothing yet that could be cited."""
    return {
        "citation": presentation.citation_of(resource).as_text(),
        "meta_tags": presentation.meta_tags(resource),
        "structured_data": _script_data(presentation.structured_data(resource)),
        "related": related(resource),
    }


def _for_its_people(request: Request, resource: Resource) -> dict[str, Any]:
    """What only those see who may see more than everybody: no query for the others."""
    user = request.user
    if not user.is_authenticated:
        return {}
    publication = resource.publication
    pending = (
        Publication.objects.visible_to(user)
        .filter(live=publication, state__in=OPEN_STATES)
        .select_related("resource")
        .first()
    )
    can_edit = permissions.can_edit(user, resource)
    return {
        "pending": pending,
        "can_edit": can_edit,
        "history": _history(user, publication),
        "link_check": LinkCheck.objects.filter(resource=resource).first()
        if can_edit or user.is_staff
        else None,
    }


def _history(user: User, publication: Publication) -> list[Moment]:
    """The steps, the newest first. Not every saving of a draft: that would hide them."""
    if not can_see_history(user, publication):
        return []
    entries = Entry.objects.about(publication).exclude(action=Action.EDITED).order_by("-at", "-pk")
    return [
        Moment(
            entry.at,
            action_label(entry.action),
            str(entry.by or _("The hub")),
            entry.reason,
            _TONES.get(entry.action, "info"),
        )
        for entry in entries[:HISTORY_SHOWN]
    ]


def _script_data(data: dict[str, Any]) -> SafeString:
    """JSON that cannot end its script element, as Django's ``json_script`` does it (which fixes the type)."""
    text = json.dumps(data, ensure_ascii=False)
    for char, escape in {
        "<": "\\u003C",
        ">": "\\u003E",
        "&": "\\u0026",
        "\u2028": "\\u2028",
        "\u2029": "\\u2029",
    }.items():
        text = text.replace(char, escape)
    return mark_safe(text)  # noqa: S308 - nothing in it can leave the element


@require_safe
def resource_download(request: Request, slug: str) -> HttpResponseBase:
    """Free for whoever may see the item. Not kept by caches on the way: an item can be hidden at any time."""
    resource = get_object_or_404(
        Resource.objects.visible_to(request.user).select_related("file", "publication"), slug=slug
    )
    if resource.file is None:
        raise Http404
    response = file_response(resource.file, request=request)
    if response.status_code == 200 and resource.publication.is_public and _is_a_reader(request):  # noqa: PLR2004
        services.count_download(resource_id=resource.pk)
    return response


def _is_a_reader(request: Request) -> bool:
    agent = request.headers.get("User-Agent", "")
    return request.method == "GET" and not _ROBOT.search(agent)


@require_safe
def resource_bibtex(request: Request, slug: str) -> HttpResponse:
    resource = get_object_or_404(Resource.objects.visible_to(request.user).for_detail(), slug=slug)
    return _attachment(
        presentation.citation_of(resource).as_bibtex(), "application/x-bibtex", f"{resource.slug}.bib"
    )


@require_safe
def resource_ris(request: Request, slug: str) -> HttpResponse:
    resource = get_object_or_404(Resource.objects.visible_to(request.user).for_detail(), slug=slug)
    text = presentation.citation_of(resource).as_ris(accessed_on=timezone.localdate())
    return _attachment(text, "application/x-research-info-systems", f"{resource.slug}.ris")


def _attachment(text: str, media_type: str, name: str) -> HttpResponse:
    return HttpResponse(
        text,
        content_type=f"{media_type}; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
