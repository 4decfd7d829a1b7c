"""Whether the links of published resources still answer, and telling their owners when they do not."""

from __future__ import annotations

import time
from collections.abc import Iterable
from datetime import timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from apps.accounts.models import User
from apps.audit.services import record
from apps.core.links import LinkAnswer, fetch_head
from apps.knowledge.models import LinkCheck, Resource
from apps.notifications.services import notify

HEALTHY_INTERVAL = timedelta(days=7)
# Twice this is the week over which three failures have to be spread.
FAILING_INTERVAL = timedelta(hours=84)
FAILURES_TO_FLAG = 3
WEEK = timedelta(days=7)
# Claimed checks come back after this, should the worker die.
LEASE = timedelta(hours=1)
BATCH = 20
TIMEOUT_SECONDS = 15.0
PAUSE_SECONDS = 2.0
# Below the hard limit of a task: what is left stays due.
RUN_SECONDS = 400.0
_MOST_ADDED = 1000
_MOST_FAILURES = 30_000  # what the column holds


def sync_link_checks(resource_ids: Iterable[int]) -> None:
    """In the caller's transaction: a public resource with a link has a check of that link, any other has none."""
    ids = list(resource_ids)
    LinkCheck.objects.filter(resource__in=ids).exclude(
        resource__in=Resource.objects.public().exclude(link=""), url=F("resource__link")
    ).delete()
    unchecked = Resource.objects.public().filter(pk__in=ids, link_check__isnull=True).exclude(link="")
    now = timezone.now()
    LinkCheck.objects.bulk_create(
        [LinkCheck(resource_id=pk, url=link, due_at=now) for pk, link in unchecked.values_list("pk", "link")],
        ignore_conflicts=True,
    )


def check_due_links() -> int:
    """Check everything that is due, as far as the time of one run goes. Returns how many were checked."""
    _add_missing()
    started, checked = time.monotonic(), 0
    last_asked: dict[str, float] = {}
    while time.monotonic() - started < RUN_SECONDS:
        batch = _claim_batch()
        if not batch:
            break
        for check in batch:
            if time.monotonic() - started >= RUN_SECONDS:
                _give_back(check)
                continue
            _wait_for_host(check.url, last_asked)
            answer = fetch_head(
                check.url, allowed_networks=settings.LINK_CHECK_ALLOWED_NETWORKS, timeout=TIMEOUT_SECONDS
            )
            record_answer(link_check_id=check.pk, url=check.url, answer=answer)
            checked += 1
    return checked


def _add_missing() -> None:
    """What came past the services (restored from a copy, say) is checked too."""
    unchecked = Resource.objects.public().filter(link_check__isnull=True).exclude(link="")
    sync_link_checks(list(unchecked.values_list("pk", flat=True)[:_MOST_ADDED]))


@transaction.atomic
def _claim_batch() -> list[LinkCheck]:
    """Take what is due longest; no second worker gets it, and no lock is held while asking."""
    now = timezone.now()
    batch = list(
        LinkCheck.objects.filter(due_at__lte=now)
        .order_by("due_at", "pk")
        .select_for_update(skip_locked=True, of=["self"])[:BATCH]
    )
    LinkCheck.objects.filter(pk__in=[check.pk for check in batch]).update(due_at=now + LEASE)
    return batch


def _give_back(check: LinkCheck) -> None:
    LinkCheck.objects.filter(pk=check.pk, url=check.url).update(due_at=check.due_at)


def _wait_for_host(url: str, last_asked: dict[str, float]) -> None:
    """Nobody's server is asked twice within the pause."""
    host = urlsplit(url).hostname or ""
    if host in last_asked:
        time.sleep(max(0.0, last_asked[host] + PAUSE_SECONDS - time.monotonic()))
    last_asked[host] = time.monotonic()


@transaction.atomic
def record_answer(*, link_check_id: int, url: str, answer: LinkAnswer) -> LinkCheck | None:
    """Keep what a link answered; tell its people once when it has been broken for a week."""
    check = (
        LinkCheck.objects.select_for_update(of=["self"])
        .select_related("resource__publication__organisation", "resource__publication__author")
        .filter(pk=link_check_id, url=url)
        .first()
    )
    if check is None:  # the link was changed, or the resource is no longer public
        return None
    now = timezone.now()
    check.checked_at, check.last_status, check.last_error = now, answer.status, answer.error
    if answer.is_alive:
        _recover(check)
    else:
        check.failures = min(check.failures + 1, _MOST_FAILURES)
        check.first_failed_at = check.first_failed_at or now
        check.due_at = now + FAILING_INTERVAL
        if _is_broken(check) and check.flagged_at is None:
            _flag(check)
    check.save()
    return check


def _recover(check: LinkCheck) -> None:
    if check.flagged_at is not None:
        record(check.resource.publication, "link works again", by=None, data={"link": check.url})
    check.failures, check.first_failed_at, check.flagged_at = 0, None, None
    check.due_at = timezone.now() + HEALTHY_INTERVAL


def _is_broken(check: LinkCheck) -> bool:
    return (
        check.failures >= FAILURES_TO_FLAG
        and check.first_failed_at is not None
        and timezone.now() - check.first_failed_at >= WEEK
    )


def _flag(check: LinkCheck) -> None:
    check.flagged_at = timezone.now()
    publication = check.resource.publication
    record(publication, "link broken", by=None, data={"link": check.url, "status": check.last_status})
    notify(
        "link_broken",
        to=people_to_tell(check.resource),
        about=check.resource,
        key=f"link-broken:{check.pk}:{check.first_failed_at:%Y%m%d%H%M%S}",
        url=check.resource.get_absolute_url(),
        context={"title": publication.title, "link": check.url},
    )


def people_to_tell(resource: Resource) -> list[User]:
    """The author and the organisation's managers; where the hub itself is the owner, its curators."""
    publication = resource.publication
    people = {user.pk: user for user in publication.organisation.managers()}
    if publication.author.is_active:
        people[publication.author_id] = publication.author
    if people:
        return list(people.values())
    return list(User.objects.filter(is_active=True, is_staff=True))
