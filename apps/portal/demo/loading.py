"""Load the demonstration. Every step runs through the services, at the day on which it is said to have happened.

Running it again adds what is missing and touches nothing else.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from django.core.files.uploadedfile import SimpleUploadedFile
from django.db.models import F
from django.utils import timezone

from apps.accounts.models import User
from apps.accounts.services import create_person
from apps.audit.services import record
from apps.files.services import store_upload
from apps.knowledge import services as knowledge
from apps.knowledge.content import ResourceContent
from apps.knowledge.models import Resource
from apps.notifications.models import Notification
from apps.organisations.enums import JoinState
from apps.organisations.indexing import index_organisations
from apps.organisations.models import JoinRequest, Membership, Organisation
from apps.organisations.services import save_with_address
from apps.portal.demo import documents, exchanges
from apps.portal.demo.moments import days_ago
from apps.publishing import services as publishing
from apps.publishing.models import Publication
from apps.search.services import index
from apps.taxonomy.models import (
    Country,
    Language,
    Licence,
    Method,
    Region,
    Sector,
    SectorTaxonomy,
    TargetGroup,
    Term,
    Topic,
)

FOLDER = Path(__file__).resolve().parent
PASSWORD = "demo-hub-2026"  # noqa: S105 - of invented people
JOINED_DAYS_AGO = 500
REVIEW_TAKES = timedelta(days=2)
READ_AFTER = timedelta(hours=1)
T = TypeVar("T", bound=Term)


@cache
def rows(name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((FOLDER / f"demo_{name}.json").read_text(encoding="utf-8"))
    return found


def quick_sign_in_people() -> Iterator[tuple[str, str]]:
    """E-mail address and label of those whom the sign-in page offers."""
    return ((row["email"], row["label"]) for row in rows("people") if row["quick_sign_in"])


def load(say: Callable[[str], object]) -> None:
    people = {row["email"]: _person(row) for row in rows("people")}
    say(f"people: {len(people)}")
    curator = people["curator@example.org"]
    organisations = {row["key"]: _organisation(row, verified_by=curator) for row in rows("organisations")}
    say(f"organisations: {len(organisations)}")
    for row in rows("people"):
        _memberships(row, people[row["email"]], organisations)
    made = sum(_resource(row, people, organisations) for row in rows("resources"))
    say(f"resources: {len(rows('resources'))}, {made} of them new")
    if cases := exchanges.load(people, organisations):
        _read_older(people.values())
    say(f"exchanges: {cases} new cases")


def _read_older(people: Iterable[User]) -> None:
    """Two to five of each person's notifications are unread, the latest: nobody finds the work of a year."""
    for number, person in enumerate(people):
        latest = Notification.objects.filter(recipient=person).order_by("-created_at", "-pk")
        kept = list(latest.values_list("pk", flat=True)[: 2 + number % 4])
        Notification.objects.filter(recipient=person, read_at=None).exclude(pk__in=kept).update(
            read_at=F("created_at") + READ_AFTER
        )


# --- People and organisations -----------------------------------------------------------------
def _person(row: dict[str, Any]) -> User:
    existing = User.objects.filter(email=row["email"]).first()
    if existing:
        return existing
    with days_ago(JOINED_DAYS_AGO):
        return create_person(
            email=row["email"],
            name=row["name"],
            password=PASSWORD,
            language="en",
            time_zone=row["time_zone"],
            is_staff=row["is_staff"],
            is_superuser=row["is_superuser"],
        )


def _organisation(row: dict[str, Any], *, verified_by: User) -> Organisation:
    existing = Organisation.objects.filter(name=row["name"]).first()
    if existing:
        return existing
    with days_ago(JOINED_DAYS_AGO):
        organisation = Organisation(
            kind=row["kind"],
            name=row["name"],
            country=Country.objects.get(code=row["country"]),
            region=Region.objects.get(code=row["region"]),
            city=row["city"],
            website=row["website"],
            description=row["description"],
            language=row.get("language", "en"),
            founded_year=row["founded_year"],
            is_illustrative=row["is_illustrative"],
            verified_at=timezone.now() if row["verified"] else None,
            verified_by=verified_by if row["verified"] else None,
            basis=row["basis"],
            source=row["source"],
        )
        save_with_address(organisation)
        organisation.sectors.set(Sector.objects.filter(taxonomy=SectorTaxonomy.ESCA, code__in=row["sectors"]))
        record(organisation, "created", by=None)
    Organisation.objects.filter(pk=organisation.pk).update(confirmed_at=timezone.now() - timedelta(days=90))
    index_organisations([organisation.pk])
    return organisation


def _memberships(row: dict[str, Any], user: User, organisations: dict[str, Organisation]) -> None:
    for link in row["memberships"]:
        Membership.objects.get_or_create(
            user=user, organisation=organisations[link["organisation"]], defaults={"role": link["role"]}
        )
    for link in row["join_requests"]:
        organisation = organisations[link["organisation"]]
        if JoinRequest.objects.filter(user=user, organisation=organisation).exists():
            continue
        declined = link["state"] == JoinState.DECLINED
        JoinRequest.objects.create(
            user=user,
            organisation=organisation,
            message=link["message"],
            state=link["state"],
            reason=link.get("reason", ""),
            decided_at=timezone.now() if declined else None,
            decided_by=organisation.managers().first() if declined else None,
        )


# --- Resources --------------------------------------------------------------------------------
def _resource(row: dict[str, Any], people: dict[str, User], organisations: dict[str, Organisation]) -> bool:
    author, organisation = people[row["author"]], organisations[row["organisation"]]
    if Publication.objects.filter(organisation=organisation, title=row["title"]).exists():
        return False
    curator = people[row["decided_by"]] if row["decided_by"] else people["curator@example.org"]
    with days_ago(row["days_ago"] + REVIEW_TAKES.days):
        resource = knowledge.create_resource(
            content=_content(row, author, organisation), form=knowledge.Form(uuid.uuid4()), by=author
        )
        publication_id = resource.publication_id
        if row["state"] != "draft":
            publishing.submit(publication_id=publication_id, by=author)
    with days_ago(row["days_ago"]):
        for step in _STEPS[row["state"]]:
            step(publication_id, curator, row["reason"])
        if row["downloads"]:
            Resource.objects.filter(pk=resource.pk).update(downloads=row["downloads"])
            index("resource", [resource.pk])
    if row["pending"]:
        _pending_version(row["pending"], publication_id, author)
    return True


def _pending_version(changes: dict[str, Any], live_id: int, author: User) -> None:
    with days_ago(changes["days_ago"]):
        version = publishing.start_pending_version(publication_id=live_id, by=author)
        resource = Resource.objects.get(publication=version)
        Publication.objects.filter(pk=version.pk).update(title=changes["title"])
        Resource.objects.filter(pk=resource.pk).update(summary=changes["summary"], version=changes["version"])
        publishing.submit(publication_id=version.pk, by=author)


Step = Callable[[int, User, str], object]


def _start(pk: int, by: User, reason: str) -> object:
    return publishing.start_review(publication_id=pk, by=by)


def _approve(pk: int, by: User, reason: str) -> object:
    return publishing.approve(publication_id=pk, by=by)


def _ask(pk: int, by: User, reason: str) -> object:
    return publishing.request_changes(publication_id=pk, by=by, reason=reason)


def _decline(pk: int, by: User, reason: str) -> object:
    return publishing.decline(publication_id=pk, by=by, reason=reason)


def _hide(pk: int, by: User, reason: str) -> object:
    return publishing.hide(publication_id=pk, by=by, reason=reason)


def _withdraw(pk: int, by: User, reason: str) -> object:
    return publishing.withdraw(publication_id=pk, by=by, reason=reason)


_STEPS: dict[str, list[Step]] = {
    "draft": [],
    "submitted": [],
    "in_review": [_start],
    "published": [_start, _approve],
    "changes_requested": [_start, _ask],
    "declined": [_start, _decline],
    "hidden": [_approve, _hide],
    "withdrawn": [_approve, _withdraw],
}


def _content(row: dict[str, Any], author: User, organisation: Organisation) -> ResourceContent:
    return ResourceContent(
        title=row["title"],
        organisation=organisation,
        language=Language.objects.get(code=row["language"]),
        resource_type=row["resource_type"],
        summary=row["summary"],
        authors=row["authors"],
        year=row["year"],
        countries=_terms(Country, row["countries"]),
        regions=_terms(Region, row["regions"]),
        topics=_terms(Topic, row["topics"]),
        methods=_terms(Method, row["methods"]),
        target_groups=_terms(TargetGroup, row["target_groups"]),
        licence=Licence.objects.filter(code=row["licence"]).first(),
        version=row["version"],
        file=_file(row["file"], author) if row["file"] else None,
        link=row["link"],
    )


def _terms(model: type[T], codes: list[str]) -> tuple[T, ...]:
    return tuple(model._default_manager.filter(code__in=codes))


def _file(row: dict[str, str], author: User) -> Any:
    upload = SimpleUploadedFile(row["name"], documents.render(row["document"], row["format"]))
    return store_upload(upload=upload, by=author)
