"""The searches that people keep."""

from __future__ import annotations

from typing import ClassVar, Self

from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User


class SavedSearchQuerySet(models.QuerySet["SavedSearch"]):
    def visible_to(self, user: User | AnonymousUser) -> Self:
        """A search tells much about who made it: nobody else sees it, curators neither."""
        return self.filter(user=user.pk) if user.is_authenticated else self.none()


class SavedSearch(models.Model):
    """One question to one catalogue, whose new answers its owner is told of.

    ``checked_until``: everything that became public up to then was looked at. ``is_valid`` is false while the
    catalogue is gone or a filter names something that no vocabulary has.
    """

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="saved_searches")
    path = models.CharField(_("catalogue"), max_length=200)
    query_string = models.CharField(_("question"), max_length=1500, blank=True)
    name = models.CharField(_("name"), max_length=120)
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)
    checked_until = models.DateTimeField(default=timezone.now, editable=False)
    last_matched_at = models.DateTimeField(_("last match"), null=True, editable=False)
    is_valid = models.BooleanField(default=True, editable=False)

    objects = SavedSearchQuerySet.as_manager()

    class Meta:
        verbose_name = _("saved search")
        verbose_name_plural = _("saved searches")
        ordering: ClassVar[list[str]] = ["-created_at", "-pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["user", "path", "query_string"], name="savedsearch_once_for_each_question"
            ),
            models.CheckConstraint(condition=~Q(name=""), name="savedsearch_has_a_name"),
            models.CheckConstraint(
                condition=Q(path__startswith="/") & ~Q(path__startswith="//"),
                name="savedsearch_path_on_this_hub",
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["checked_until"], name="savedsearch_longest_unchecked")
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def address(self) -> str:
        return f"{self.path}?{self.query_string}" if self.query_string else self.path
