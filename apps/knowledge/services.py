"""Every change to a resource. Its steps (submit, approve, withdraw …) are those of its publication."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.accounts.services import lock_actor
from apps.audit.models import Entry
from apps.audit.services import record
from apps.core.exceptions import EditConflictError, RuleBrokenError, StepNotAllowedError
from apps.core.slugs import slug_of
from apps.knowledge import permissions
from apps.knowledge.content import MANY_FIELDS, PLAIN_FIELDS, ResourceContent, differences
from apps.knowledge.guide import CHAPTER
from apps.knowledge.link_checks import sync_link_checks
from apps.knowledge.models import Chapter, Resource
from apps.knowledge.slugs import NUMBERED, is_free_name
from apps.publishing import permissions as publishing_permissions
from apps.publishing import services as publishing
from apps.publishing.enums import CONTRIBUTING_ACTIONS, EDITABLE_STATES, OPEN_STATES, Action, PublicationState
from apps.publishing.models import Publication
from apps.search.services import bump_downloads, index

KIND = "resource"


@dataclass(frozen=True)
class Form:
    """Which form writes: ``token`` is its own, ``seen`` the state of the resource that it was opened on.

    ``note`` goes to the curators with a submission.
    """

    token: uuid.UUID
    seen: datetime | None = None
    note: str = ""


class AlreadySentError(StepNotAllowedError):
    """This very form has submitted the resource before: the button was pressed twice."""

    default_message = _("You have submitted this already.")


def create_resource(*, content: ResourceContent, form: Form, by: User, submit: bool = False) -> Resource:
    """Make a draft, and submit it if wished. A form that comes twice, even at the same moment, makes one.

    Raises what ``update_resource`` raises when the form has made its resource already.
    """
    try:
        with transaction.atomic():
            return _create_or_update(content=content, form=form, by=by, submit=submit)
    except IntegrityError:
        if not Resource.objects.filter(creation_token=form.token).exists():
            raise
    with transaction.atomic():
        return _create_or_update(content=content, form=form, by=by, submit=submit)


def _create_or_update(*, content: ResourceContent, form: Form, by: User, submit: bool) -> Resource:
    made = Resource.objects.filter(creation_token=form.token).first()
    if made is None:
        return _create(content=content, form=form, by=by, submit=submit)
    return update_resource(resource_id=made.pk, content=content, form=form, by=by, submit=submit)


def _create(*, content: ResourceContent, form: Form, by: User, submit: bool) -> Resource:
    publication = publishing.create_publication(
        kind=KIND,
        title=content.title,
        author=by,
        organisation=content.organisation,
        language=content.language.code,
    )
    resource = new_item(publication=publication, content=content)
    resource.creation_token = resource.last_form_token = form.token
    resource.save(update_fields=["creation_token", "last_form_token", "updated_at"])
    if submit:
        publishing.submit(publication_id=publication.pk, by=by, reason=form.note)
        resource.refresh_from_db()
    return resource


def new_item(*, publication: Publication, content: ResourceContent) -> Resource:
    """The item of a new publication; it gets its readable address when it is first submitted."""
    name = "version" if publication.live_id else "draft"
    resource = Resource.objects.create(
        publication=publication,
        slug=f"{name}-{publication.pk}",
        **{field: getattr(content, field) for field in PLAIN_FIELDS},
    )
    _set_many(resource, content)
    return resource


@transaction.atomic
def update_resource(
    *,
    resource_id: int,
    content: ResourceContent,
    form: Form,
    by: User,
    submit: bool = False,
    is_autosave: bool = False,
) -> Resource:
    """Write what was typed into a draft, or into the pending version of what is published, and submit it if wished.

    Returns the resource that was written. Raises EditConflictError where somebody else wrote something different
    since the form was opened, StepNotAllowedError where it cannot be edited at present, AlreadySentError where
    this form submitted it, RuleBrokenError where this person may not.
    """
    by = lock_actor(by)
    resource, form = _lock_target(resource_id, form=form, by=by)
    publication = resource.publication
    if publication.state not in EDITABLE_STATES:
        raise AlreadySentError if resource.last_form_token == form.token else StepNotAllowedError
    if not permissions.can_edit(by, resource):
        raise RuleBrokenError(_("You may not edit this."))
    stored = ResourceContent.of(resource)
    content = _with_allowed_organisation(content, resource=resource, by=by)
    changed = differences(stored, content)
    is_own_form = form.token == resource.last_form_token
    if changed and not is_own_form and form.seen != resource.updated_at:
        raise EditConflictError
    _write(resource, content, form=form)
    if changed and not (is_autosave and _is_known_to_work_on(publication, by)):
        record(
            publication, Action.EDITED, by=by, data={"fields": [difference.field for difference in changed]}
        )
    if submit:
        publishing.submit(publication_id=publication.pk, by=by, reason=form.note)
    resource.refresh_from_db()
    return resource


def _is_known_to_work_on(publication: Publication, by: User) -> bool:
    """Each has a line in the history before anything of theirs is in the item: it decides who may approve."""
    return Entry.objects.about(publication).filter(by=by, action__in=CONTRIBUTING_ACTIONS).exists()


def _lock_target(resource_id: int, *, form: Form, by: User) -> tuple[Resource, Form]:
    """Lock what an edit of this resource writes to: itself, or its pending version, which is made if need be.

    Never both at once when there is a pending version already: its approval locks them the other way round.
    """
    target = edit_target(Resource.objects.select_related("publication").get(pk=resource_id))
    resource = _locked(target.pk)
    publication = resource.publication
    if publication.state != PublicationState.PUBLISHED:
        return resource, form
    if not permissions.can_edit(by, resource):
        raise RuleBrokenError(_("You may not edit this."))
    if form.seen != resource.updated_at or edit_target(resource) != resource:
        raise EditConflictError
    made = publishing.start_pending_version(publication_id=publication.pk, by=by)
    pending = _locked(Resource.objects.get(publication=made).pk)
    return pending, replace(form, seen=pending.updated_at)


def edit_target(resource: Resource) -> Resource:
    """What an edit of this resource is an edit of: its open pending version if there is one, else itself."""
    pending = Resource.objects.filter(
        publication__live=resource.publication_id, publication__state__in=OPEN_STATES
    )
    return pending.select_related("publication").first() or resource


def _locked(resource_id: int) -> Resource:
    """The publication's row is the lock, as for its steps; the resource is read once the lock is held."""
    publication_id = Resource.objects.values_list("publication_id", flat=True).get(pk=resource_id)
    Publication.objects.select_for_update(of=["self"], no_key=True).get(pk=publication_id)
    return Resource.objects.for_detail().get(pk=resource_id)


def _with_allowed_organisation(content: ResourceContent, *, resource: Resource, by: User) -> ResourceContent:
    """A draft may move to another organisation of its author; nothing else may, since it decides who may approve."""
    present = resource.publication.organisation
    if content.organisation == present:
        return content
    if not may_move(resource, by=by):
        return replace(content, organisation=present)
    if not publishing_permissions.can_create(by, content.organisation):
        raise RuleBrokenError(_("You can only publish on behalf of an organisation that you belong to."))
    return content


def may_move(resource: Resource, *, by: User) -> bool:
    publication = resource.publication
    return (
        publication.state == PublicationState.DRAFT
        and publication.live_id is None
        and publication.author_id == by.pk
    )


def _write(resource: Resource, content: ResourceContent, *, form: Form) -> None:
    publication = resource.publication
    publication.title, publication.language = content.title, content.language.code
    publication.organisation = content.organisation
    publication.save(update_fields=["title", "language", "organisation", "updated_at"])
    apply_content(resource, content)
    resource.last_form_token = form.token
    resource.save(update_fields=["last_form_token", "updated_at"])


def apply_content(resource: Resource, content: ResourceContent) -> None:
    """Make the item itself what the content says; its publication is the caller's."""
    for field in PLAIN_FIELDS:
        setattr(resource, field, getattr(content, field))
    resource.save(update_fields=[*PLAIN_FIELDS, "updated_at"])
    _set_many(resource, content)


def _set_many(resource: Resource, content: ResourceContent) -> None:
    for field in MANY_FIELDS:
        getattr(resource, field).set(getattr(content, field))


@transaction.atomic
def give_address(*, resource: Resource) -> None:
    """Once, before anybody else sees it: the readable address that it keeps for good."""
    wanted = slug_of(resource.publication.title)
    if not is_free_name(wanted):
        wanted = f"{wanted or 'resource'}-{resource.publication_id}"
    if NUMBERED.match(wanted):
        wanted = f"resource-{resource.publication_id}"
    if Resource.objects.filter(slug=wanted).exclude(pk=resource.pk).exists():
        wanted = f"{wanted}-{resource.publication_id}"
    resource.slug = wanted
    try:
        with transaction.atomic():
            resource.save(update_fields=["slug"])
    except IntegrityError:  # somebody submitted the same title at this very moment
        resource.slug = f"{wanted}-{resource.publication_id}"
        resource.save(update_fields=["slug"])


@transaction.atomic
def count_download(*, resource_id: int) -> None:
    Resource.objects.filter(pk=resource_id).update(downloads=F("downloads") + 1)
    bump_downloads(KIND, resource_id)


@transaction.atomic
def reference_corrected(*, resource_id: int, title: str, fields: list[str], by: User) -> Resource:
    """A curator changed a reference publication: keep its title, and let everything that shows it follow."""
    lock_actor(by)
    resource = Resource.objects.select_related("publication", "language").get(pk=resource_id)
    resource.is_edited = True
    resource.save(update_fields=["is_edited", "updated_at"])
    publication = resource.publication
    publication.title, publication.language = title, resource.language.code
    publication.save(update_fields=["title", "language", "updated_at"])
    record(publication, "corrected", by=by, data={"fields": fields})
    sync_link_checks([resource.pk])
    index(KIND, [resource.pk])
    return resource


@transaction.atomic
def give_chapter_back(*, chapter_id: int, by: User) -> None:
    """The project's own text may replace this chapter again, at the next loading."""
    lock_actor(by)
    chapter = Chapter.objects.select_for_update().get(pk=chapter_id)
    chapter.is_edited = False
    chapter.save(update_fields=["is_edited", "updated_at"])
    record(chapter, "given back", by=by)


@transaction.atomic
def save_chapter(*, chapter: Chapter, by: User) -> Chapter:
    """Keep a curator's text; from now on the loader leaves this chapter alone.

    Who gives it other topics afterwards calls ``index_chapter``.
    """
    lock_actor(by)
    is_known = Chapter.objects.filter(pk=chapter.pk).exists()
    chapter.is_edited = True
    chapter.save()
    record(chapter, Action.EDITED if is_known else Action.CREATED, by=by)
    index_chapter(chapter)
    return chapter


@transaction.atomic
def index_chapter(chapter: Chapter) -> None:
    """Into the search as it is now, or out of it when it is not published."""
    index(CHAPTER, [chapter.pk])
