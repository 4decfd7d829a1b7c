"""The base of the hub's models."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


def set_together(*names: str) -> Q:
    """All of these are set, or none is."""
    none, every = Q(), Q()
    for name in names:
        none &= Q(**{f"{name}__isnull": True})
        every &= Q(**{f"{name}__isnull": False})
    return none | every


class TimeStampedModel(models.Model):
    """Say when a row came and when it last changed (UTC)."""

    created_at = models.DateTimeField(_("created"), auto_now_add=True, editable=False)
    updated_at = models.DateTimeField(_("changed"), auto_now=True, editable=False)

    class Meta:
        abstract = True


class RemindedModel(TimeStampedModel):
    """Somebody is reminded of it in rounds (``core.due``): the row keeps the last one, so that nobody is asked for whom
    all was done.
    """

    reminded = models.CharField(
        _("last reminder"), max_length=60, blank=True, default="", db_default="", editable=False
    )

    class Meta:
        abstract = True
