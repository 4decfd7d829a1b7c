"""Reads about what waits, for its authors and for the moderation pages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Min

from apps.accounts.models import User
from apps.core.queues import next_in_line
from apps.publishing.models import Publication, PublicationQuerySet


@dataclass(frozen=True)
class Queue:
    """What waits for one curator; ``count_others`` is what waits and is their own or their organisation's."""

    count: int
    oldest_at: datetime | None
    count_others: int


def queue_of(curator: User) -> Queue:
    waiting = Publication.objects.waiting().order_by()
    theirs = waiting.decidable_by(curator).aggregate(count=Count("pk"), oldest_at=Min("submitted_at"))
    return Queue(
        count=theirs["count"],
        oldest_at=theirs["oldest_at"],
        count_others=waiting.count() - theirs["count"],
    )


def waiting_before(publication: Publication) -> int:
    """How many others began to wait earlier."""
    earlier = Publication.objects.waiting().order_by().filter(submitted_at__lt=publication.submitted_at)
    return earlier.exclude(pk=publication.pk).count()


def next_to_decide(curator: User, *, after: Publication) -> Publication | None:
    """What this curator may decide on next: what began to wait after this one, at the end the oldest again."""
    waiting = Publication.objects.waiting().decidable_by(curator).for_list()
    if after.submitted_at is None:
        return waiting.exclude(pk=after.pk).first()
    return next_in_line(waiting, began="submitted_at", after=after)


def others_of_author(publication: Publication, *, curator: User, limit: int = 10) -> PublicationQuerySet:
    """What else its author contributed, newest first, as far as curators see it."""
    others = Publication.objects.visible_to(curator).filter(author=publication.author_id)
    return others.exclude(pk=publication.pk).order_by("-updated_at", "-pk")[:limit]
