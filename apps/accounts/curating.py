"""What the pages share on which curators take steps, in whichever app: who may, the addresses, the actions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import URLPattern, path
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.accounts.permissions import is_curator
from apps.core.kept_forms import keep_and_sign_in


def curator_of(request: HttpRequest) -> User:
    """The admin lets only staff in, so nobody here is anonymous."""
    user = request.user
    if not isinstance(user, User) or not is_curator(user):
        raise PermissionDenied
    return user


class CuratorsAdmin(admin.ModelAdmin[Any]):
    """Being a curator is all that is asked; what they may do with each row is for the app to say."""

    def has_module_permission(self, request: HttpRequest) -> bool:
        return is_curator(request.user)

    def get_action_choices(self, request: HttpRequest, default_choices: Any = None) -> list[Any]:
        return super().get_action_choices(request, [("", _("Choose an action"))])


class StepsAdmin(CuratorsAdmin):
    """Rows on which steps are taken, one by one or many at once. The steps have a ``name`` and a ``label``."""

    steps: ClassVar[Mapping[str, Any]]

    def step_view(self, request: HttpRequest, pk: int, name: str) -> HttpResponse:
        """Take the step of this name, or show again what was kept for it."""
        raise NotImplementedError

    def bulk(self, request: HttpRequest, queryset: models.QuerySet[Any], step: Any) -> HttpResponse | None:
        """Take the step for all that were selected."""
        raise NotImplementedError

    def get_urls(self) -> list[URLPattern]:
        """With ``<app>_<model>_step``, to which the buttons of a row's page send."""
        name = f"{self.opts.app_label}_{self.opts.model_name}_step"
        return [path("<int:pk>/step/<slug:name>/", self._step_entry, name=name), *super().get_urls()]

    def _step_entry(self, request: HttpRequest, pk: int, name: str) -> HttpResponseBase:
        """Keep what was typed where the session ended before the button was pressed."""
        if request.method == "POST" and not request.user.is_authenticated:
            return keep_and_sign_in(request)
        return self.admin_site.admin_view(self.step_view)(request, pk=pk, name=name)

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """One action for each step of curators; deleting is none of them."""
        return {step.name: (_bulk_action(step), step.name, step.label) for step in self.steps.values()}


def _bulk_action(step: Any) -> Callable[..., HttpResponse | None]:
    def action(
        model_admin: StepsAdmin, request: HttpRequest, queryset: models.QuerySet[Any]
    ) -> HttpResponse | None:
        return model_admin.bulk(request, queryset, step)

    return action
