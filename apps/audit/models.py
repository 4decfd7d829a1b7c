"""The append-only history of every step."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Self

from django.conf import settings
from django.contrib.contenttypes.fields import GenericForeignKey
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class EntryQuerySet(models.QuerySet["Entry"]):
    def about(self, obj: models.Model) -> Self:
        """The history of one thing, oldest first."""
        return self.about_any(type(obj), [str(obj.pk)])

    def about_any(self, model: type[models.Model], keys: Iterable[str]) -> Self:
        """The history of several things of one kind, in one query."""
        kind = ContentType.objects.get_for_model(model)
        return self.filter(content_type=kind, object_id__in=keys).select_related("by").order_by("at", "pk")


class Entry(models.Model):
    """One step: who, what, from, to, why, when. A trigger in the database refuses to change or delete it."""

    content_type = models.ForeignKey(
        ContentType, verbose_name=_("kind of thing"), on_delete=models.PROTECT, related_name="+"
    )
    object_id = models.CharField(_("its number"), max_length=40)
    about = GenericForeignKey("content_type", "object_id")
    action = models.CharField(_("step"), max_length=60)
    from_state = models.CharField(_("from"), max_length=40, blank=True)
    to_state = models.CharField(_("to"), max_length=40, blank=True)
    reason = models.TextField(_("reason"), blank=True)
    data = models.JSONField(_("details"), default=dict, blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("by"), null=True, on_delete=models.PROTECT, related_name="+"
    )
    at = models.DateTimeField(_("when"), default=timezone.now)

    objects = EntryQuerySet.as_manager()

    class Meta:
        verbose_name = _("entry")
        verbose_name_plural = _("entries")
        ordering = ["-at", "-pk"]
        indexes = [models.Index(fields=["content_type", "object_id", "at"], name="entry_about")]

    def __str__(self) -> str:
        return f"{self.action} {self.content_type_id}:{self.object_id}"
