"""Adding and editing a resource; saving while somebody types."""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse, JsonResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from apps.accounts.http import Request
from apps.accounts.models import User
from apps.core.exceptions import EditConflictError, HubError
from apps.core.kept_forms import keep, keep_and_sign_in, take_kept
from apps.core.permissions import require
from apps.files.inspection import too_large
from apps.knowledge import form_steps, permissions, services
from apps.knowledge.content import ResourceContent, differences
from apps.knowledge.enums import ResourceType
from apps.knowledge.forms import TITLE_MAX_CHARS, ResourceForm
from apps.knowledge.models import Resource
from apps.knowledge.views.items import find_resource
from apps.organisations.models import Organisation
from apps.publishing.enums import EDITABLE_STATES, PublicationState
from apps.publishing.notes import keep_note, kept_note
from apps.publishing.permissions import is_contributor
from apps.publishing.queries import waiting_before
from apps.taxonomy.models import Language, Topic

CONFLICT = 409


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def resource_create(request: Request) -> HttpResponse:
    user = request.user
    if not user.is_authenticated:
        return keep_and_sign_in(request)
    base = _new_content(user)
    if base is None:
        keep(request)  # they left their organisation while the form was open
        return render(request, "knowledge/resource_no_organisation.html")
    if request.method != "POST":
        base = _proposed(base, request.GET)
    form = _form(request, user, base=base)
    if request.method == "POST" and form.is_valid():
        return _save(request, form, resource=None)
    return _form_page(request, form, resource=None)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def resource_edit(request: Request, slug: str) -> HttpResponse:
    user = request.user
    if not user.is_authenticated:
        return keep_and_sign_in(request)
    resource = _editable(request, slug)
    if isinstance(resource, HttpResponse):
        return resource
    form = _form(request, user, base=ResourceContent.of(resource), resource=resource)
    if request.method == "POST" and form.is_valid():
        return _save(request, form, resource=resource)
    return _form_page(request, form, resource=resource)


@never_cache
@require_POST
def autosave(request: Request, slug: str = "") -> JsonResponse:
    """Keep what stands in the form of a draft at this moment: what is valid of it, without a file."""
    user = request.user
    if not user.is_authenticated:
        return _refusal(
            _("Your session has ended. Press “Save draft”: you can sign in then, nothing is lost."), 401
        )
    resource = _own_draft(request, slug) if slug else None
    base = ResourceContent.of(resource) if resource else _new_content(user)
    if base is None:
        return _refusal(_("You can add a resource once you belong to an organisation."), 403)
    form = _form(request, user, base=base, resource=resource)
    form.is_valid()
    content = replace(form.content(), file=base.file)
    token = form.token
    if token is None or (resource is None and content.is_empty()):
        return JsonResponse({"saved": False})
    try:
        written = services.Form(token=token, seen=form.seen)
        saved = _write(content, user, form=written, resource=resource, is_autosave=True)
    except HubError as error:
        return _refusal(str(error.message), CONFLICT)
    if "note" not in form.errors:
        keep_note(request, saved.publication_id, form.note_text)
    errors = {name: [str(message) for message in found] for name, found in form.errors.items()}
    return JsonResponse(
        {
            "saved": True,
            "saved_at": timezone.localtime().isoformat(timespec="seconds"),
            "message": _("Draft saved at %(time)s.") % {"time": f"{timezone.localtime():%H:%M}"},
            "errors": errors,
            "fields": {"seen_version": saved.updated_at.isoformat()},
            "edit_url": reverse("knowledge:resource-edit", args=[saved.slug]),
        }
    )


# --- Loading --------------------------------------------------------------------------------------


def _editable(request: Request, slug: str) -> Resource | HttpResponse:
    """What an edit here is an edit of. Somebody who sends a form always gets it back, so POST is refused later."""
    resource = find_resource(slug)
    if not permissions.can_view(request.user, resource):
        raise Http404
    target = services.edit_target(resource)
    if request.method != "POST" and target != resource and permissions.can_view(request.user, target):
        return redirect("knowledge:resource-edit", slug=target.slug)
    allowed = permissions.can_edit(request.user, resource)
    if request.method == "POST":
        require(allowed or _is_one_of_its_people(request, resource))
        return resource
    if not allowed and _is_one_of_its_people(request, resource):
        messages.info(request, _("This cannot be edited at present. See below where it stands."))
        return redirect(resource)
    require(allowed, _("Only its author and the managers of its organisation can edit this."))
    return resource


def _is_one_of_its_people(request: Request, resource: Resource) -> bool:
    return not resource.is_reference and is_contributor(request.user, resource.publication)


def _own_draft(request: Request, slug: str) -> Resource:
    """Only of what nobody else reads yet is anything written without a press on a button."""
    resource = find_resource(slug)
    if not permissions.can_view(request.user, resource) or not permissions.can_edit(request.user, resource):
        raise Http404
    if resource.publication.state not in EDITABLE_STATES:
        raise Http404
    return resource


def _new_content(user: User) -> ResourceContent | None:
    """The defaults of a new resource; None for somebody who belongs to no organisation."""
    organisation = Organisation.objects.of_member(user).filter(is_active=True).order_by("name", "pk").first()
    if organisation is None:
        return None
    languages = Language.objects.in_bulk([user.language, "en"], field_name="code")
    language = languages.get(user.language) or languages.get("en") or Language.objects.first()
    if language is None:
        raise Http404(_("The hub has no languages yet: its reference data was not loaded."))
    return ResourceContent(title="", language=language, organisation=organisation)


def _proposed(base: ResourceContent, asked: QueryDict) -> ResourceContent:
    """What another page of the hub proposes in the address; sent, it is checked like anything that was typed."""
    kind = asked.get("resource_type", "")
    return replace(
        base,
        title=asked.get("title", "")[:TITLE_MAX_CHARS],
        summary=asked.get("summary", ""),
        link=asked.get("link", ""),
        resource_type=kind if kind in ResourceType.values else "",
        topics=tuple(Topic.objects.filter(code__in=asked.getlist("topic"))) if "topic" in asked else (),
    )


def _form(
    request: Request, user: User, *, base: ResourceContent, resource: Resource | None = None
) -> ResourceForm:
    is_post = request.method == "POST"
    return ResourceForm(
        request.POST if is_post else take_kept(request),
        request.FILES if is_post else None,
        uploader=user,
        base=base,
        version=resource.updated_at if resource else None,
        note=kept_note(request, resource.publication_id) if resource else "",
        may_move=resource is None or services.may_move(resource, by=user),
        is_strict=is_post and request.POST.get("action") == "submit",
    )


# --- Saving ---------------------------------------------------------------------------------------


def _save(request: Request, form: ResourceForm, *, resource: Resource | None) -> HttpResponse:
    user: Any = request.user
    submit = form.is_strict
    try:
        saved = _write(
            form.content(),
            user,
            form=services.Form(token=form.token or uuid.uuid4(), seen=form.seen, note=form.note_text),
            resource=resource,
            submit=submit,
        )
    except EditConflictError:
        return _conflict_page(request, form, resource=resource)
    except services.AlreadySentError as error:
        messages.info(request, str(error.message))
        return _to_sent(form, resource)
    except HubError as error:
        form.add_error(None, str(error.message))
        return _form_page(request, form, resource=resource, status=CONFLICT)
    keep_note(request, saved.publication_id, "" if submit else form.note_text)
    if submit:
        messages.success(request, _what_happens_next(saved))
        return redirect(saved)
    messages.success(request, _("Saved as a draft. Only you and your organisation's managers see it."))
    step = form_steps.after(request.POST.get("action", ""))
    query = {"step": step} if step else {}
    return redirect(reverse("knowledge:resource-edit", args=[saved.slug], query=query, fragment=step or None))


def _write(
    content: ResourceContent,
    user: User,
    *,
    form: services.Form,
    resource: Resource | None,
    submit: bool = False,
    is_autosave: bool = False,
) -> Resource:
    if resource is None:
        return services.create_resource(content=content, form=form, by=user, submit=submit)
    return services.update_resource(
        resource_id=resource.pk,
        content=content,
        form=form,
        by=user,
        submit=submit,
        is_autosave=is_autosave,
    )


def _what_happens_next(submitted: Resource) -> SafeString:
    before = waiting_before(submitted.publication)
    turn = ngettext(
        "Curators read the oldest first; %(count)d contribution waits before yours.",
        "Curators read the oldest first; %(count)d contributions wait before yours.",
        before,
    )
    return format_html(
        '{} {} {} <a href="{}">{}</a>',
        _("Submitted. A curator will look at it."),
        turn % {"count": before} if before else _("No other contribution waits before yours."),
        _(
            "You are told of the decision here and by e-mail. Where it stands, and how to take it back until then:"
        ),
        reverse("publishing:contribution-list"),
        _("Your contributions"),
    )


def _to_sent(form: ResourceForm, resource: Resource | None) -> HttpResponse:
    """Where the first of two presses led to."""
    sent = resource or Resource.objects.get(creation_token=form.token)
    return redirect(services.edit_target(sent))


def _conflict_page(request: Request, form: ResourceForm, *, resource: Resource | None) -> HttpResponse:
    """Show what was typed again, and in which fields it differs from what stands there now."""
    found = resource or Resource.objects.get(creation_token=form.token)
    target = Resource.objects.for_detail().get(pk=services.edit_target(found).pk)
    conflicts = differences(ResourceContent.of(target), form.content())
    form.show_again(version=target.updated_at)
    return _form_page(request, form, resource=resource, status=CONFLICT, conflicts=conflicts)


def _form_page(
    request: Request, form: ResourceForm, *, resource: Resource | None, status: int = 200, **context: Any
) -> HttpResponse:
    publication = resource.publication if resource else None
    lacking = form_steps.lacking(form)
    here = form_steps.known_step(request.GET.get("step", ""))
    context.update(
        form=form,
        steps=form_steps.steps(form, here=here, open_fields={field.name for field in lacking}),
        parts=form_steps.shown_parts(form),
        start=here if "step" in request.GET else "",
        lacking=lacking,
        summary=form_steps.summary(form),
        resource=resource,
        publication=publication,
        before_text=_("Saved now"),
        after_text=_("Typed here"),
        is_live=publication is not None and publication.state == PublicationState.PUBLISHED,
        max_bytes=settings.UPLOAD_MAX_BYTES,
        text_too_large=too_large().message,
        autosave_url=_autosave_url(resource),
    )
    return render(request, "knowledge/resource_form.html", context, status=status)


def _autosave_url(resource: Resource | None) -> str:
    if resource is None:
        return reverse("knowledge:resource-autosave-new")
    if resource.publication.state in EDITABLE_STATES:
        return reverse("knowledge:resource-autosave", args=[resource.slug])
    return ""


def _refusal(message: str, status: int) -> JsonResponse:
    return JsonResponse({"saved": False, "message": message}, status=status)
