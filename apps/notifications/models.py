"""One row for each recipient and event, the choices of people, and the outbox of other mail."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import ClassVar, Self

from django.conf import settings
from django.contrib.contenttypes.fields import GenericForeignKey
from django.contrib.contenttypes.models import ContentType
from django.db import connections, models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.notifications.enums import Frequency

Timing = tuple[int, str, datetime | None]
"""Id of the recipient, frequency, and when it is due."""


@dataclass(frozen=True)
class Message:
    """What the rows of one event have in common; named as their columns."""

    kind: str
    key: str
    about_type_id: int | None
    about_id: str
    url: str
    context: Mapping[str, str | int]
    created_at: datetime


_INSERT = """
INSERT INTO notifications_notification (
    recipient_id, kind, key, about_type_id, about_id, url, context, created_at, frequency, due_at, attempts, last_error
)
SELECT person, %(kind)s, %(key)s, %(about_type_id)s, %(about_id)s, %(url)s, %(context)s::jsonb, %(created_at)s,
    frequency, due, 0, ''
FROM unnest(%(people)s::bigint[], %(frequencies)s::text[], %(due)s::timestamptz[]) AS rows (person, frequency, due)
ON CONFLICT DO NOTHING
"""


class NotificationQuerySet(models.QuerySet["Notification"]):
    def visible_to(self, user: User) -> Self:
        return self.filter(recipient=user)

    def unread(self) -> Self:
        return self.filter(read_at__isnull=True)

    def undelivered(self) -> Self:
        """What is due for mail now; erased and inactive people get none."""
        return self.filter(
            delivered_at__isnull=True,
            gave_up_at__isnull=True,
            due_at__lte=timezone.now(),
            recipient__is_active=True,
        )

    def write(self, message: Message, timings: Sequence[Timing]) -> int:
        """One row for each timing; rows that are there already stay as they are. How many were written.

        What is the same in all rows is sent once: for many people much faster than ``bulk_create``.
        """
        if not timings:
            return 0
        people, frequencies, due = zip(*timings, strict=True)
        same = {**asdict(message), "context": json.dumps(message.context)}
        values = {**same, "people": list(people), "frequencies": list(frequencies), "due": list(due)}
        with connections[self.db].cursor() as cursor:
            cursor.execute(_INSERT, values)
            return int(cursor.rowcount)

    def free(self) -> Self:
        """Leave out rows that a worker is mailing at this moment: no page waits for a mail server."""
        return self.filter(
            pk__in=self.order_by().select_for_update(skip_locked=True, of=("self",)).values("pk")
        )


class Notification(models.Model):
    """One message to one person about one event. The row is the outbox: ``due_at`` is empty where no mail is wanted."""

    # The indexes below begin with the recipient too, and nothing is found by what it is about alone.
    recipient = models.ForeignKey(
        User,
        verbose_name=_("recipient"),
        on_delete=models.CASCADE,
        related_name="notifications",
        db_index=False,
    )
    kind = models.CharField(_("kind"), max_length=60)
    key = models.CharField(max_length=160)
    about_type = models.ForeignKey(
        ContentType, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    about_id = models.CharField(max_length=40, blank=True)
    about = GenericForeignKey("about_type", "about_id")
    url = models.CharField(max_length=400, blank=True)
    context = models.JSONField(default=dict)
    created_at = models.DateTimeField(_("created"), default=timezone.now)
    read_at = models.DateTimeField(_("read"), null=True)
    frequency = models.CharField(_("frequency"), max_length=10, choices=Frequency)
    due_at = models.DateTimeField(_("due"), null=True)
    delivered_at = models.DateTimeField(_("delivered"), null=True)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    gave_up_at = models.DateTimeField(_("given up"), null=True)
    last_error = models.CharField(_("last problem"), max_length=200, blank=True)

    objects = NotificationQuerySet.as_manager()

    class Meta:
        verbose_name = _("notification")
        verbose_name_plural = _("notifications")
        ordering: ClassVar[list[str]] = ["-created_at", "-pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["recipient", "key"], name="notification_once_for_each_event"),
            models.CheckConstraint(
                condition=Q(frequency__in=Frequency.values), name="notification_frequency_known"
            ),
            models.CheckConstraint(
                condition=Q(frequency=Frequency.NEVER, due_at__isnull=True)
                | (~Q(frequency=Frequency.NEVER) & Q(due_at__isnull=False)),
                name="notification_due_unless_never",
            ),
            models.CheckConstraint(
                condition=Q(url="") | (Q(url__startswith="/") & ~Q(url__startswith="//")),
                name="notification_url_on_this_hub",
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(
                fields=["frequency", "due_at"],
                condition=Q(delivered_at__isnull=True, gave_up_at__isnull=True, due_at__isnull=False),
                name="notification_outbox",
            ),
            models.Index(fields=["recipient", "-created_at"], name="notification_recipient_newest"),
            models.Index(fields=["recipient"], condition=Q(read_at__isnull=True), name="notification_unread"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} → {self.recipient_id}"


class Preference(models.Model):
    """How often one person wants one kind by mail; without a row the kind's own default holds."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notification_preferences"
    )
    kind = models.CharField(_("kind"), max_length=60)
    frequency = models.CharField(_("frequency"), max_length=10, choices=Frequency)

    class Meta:
        verbose_name = _("preference")
        verbose_name_plural = _("preferences")
        ordering: ClassVar[list[str]] = ["kind"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["user", "kind"], name="preference_one_for_each_kind"),
            models.CheckConstraint(
                condition=Q(frequency__in=Frequency.values), name="preference_frequency_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.kind}: {self.frequency}"


class OutgoingMailQuerySet(models.QuerySet["OutgoingMail"]):
    def undelivered(self) -> Self:
        return self.filter(delivered_at__isnull=True, gave_up_at__isnull=True, due_at__lte=timezone.now())


class OutgoingMail(models.Model):
    """A mail that is no notification (confirm an address, reset a password), waiting for a worker.

    The text goes when the mail has gone: it can hold a link that opens an account.
    """

    sender = models.CharField(max_length=320)
    to = models.JSONField(default=list)
    subject = models.CharField(_("subject"), max_length=400)
    text = models.TextField(blank=True)
    html = models.TextField(blank=True)
    headers = models.JSONField(default=dict)
    created_at = models.DateTimeField(_("created"), default=timezone.now)
    due_at = models.DateTimeField(_("due"), default=timezone.now)
    delivered_at = models.DateTimeField(_("delivered"), null=True)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    gave_up_at = models.DateTimeField(_("given up"), null=True)
    last_error = models.CharField(_("last problem"), max_length=200, blank=True)

    objects = OutgoingMailQuerySet.as_manager()

    class Meta:
        verbose_name = _("outgoing mail")
        verbose_name_plural = _("outgoing mail")
        ordering: ClassVar[list[str]] = ["due_at", "pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=Q(delivered_at__isnull=True) | Q(text="", html=""),
                name="outgoingmail_text_gone_when_sent",
            )
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(
                fields=["due_at"],
                condition=Q(delivered_at__isnull=True, gave_up_at__isnull=True),
                name="outgoingmail_outbox",
            )
        ]

    def __str__(self) -> str:
        return f"{self.subject} ({self.created_at:%Y-%m-%d})"
