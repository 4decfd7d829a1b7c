"""What the administration's pages share."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.admin import AdminSite, ModelAdmin, helpers
from django.contrib.admin.exceptions import DisallowedModelAdminLookup
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import ValidationError
from django.db import models
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _

_LONGEST_KEY = 18  # digits that always fit into a key of the database


class ReadOnlyMixin:
    """For rows that only services write: to be read and searched here, by nobody typed. For pages and inlines."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class PlainAddPageMixin:
    """An add page that starts empty: Django would fill it from the address, unchecked, and fail on nonsense."""

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {}


class OfferedFiltersMixin:
    """A list answers the filters that it offers, and no others. ``HubLists`` gives it to every list.

    Django takes any field of the model from the address: letter by letter, by what is found and what is not, a
    curator could read what no page shows them, a password's hash among it; and on values that the database refuses,
    or years that Python does not count, the page would fail.
    """

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        base: type[ChangeList] = super().get_changelist(request, **kwargs)  # type: ignore[misc]
        return type(base.__name__, (_OfferedFilters, base), {})


class ValidSelectionMixin:
    """A selection that no page of ours sent is refused in words, before the database chokes on it.

    ``HubLists`` gives it to every list.
    """

    def response_action(
        self, request: HttpRequest, queryset: Any, *args: Any, **kwargs: Any
    ) -> HttpResponse | None:
        key: models.Field[Any, Any] = self.model._meta.pk  # type: ignore[attr-defined]
        if not all(is_key(key, typed) for typed in request.POST.getlist(helpers.ACTION_CHECKBOX_NAME)):
            messages.error(request, _("This selection is not valid. Please select again."))
            return HttpResponseRedirect(request.get_full_path())
        response: HttpResponse | None = super().response_action(request, queryset, *args, **kwargs)  # type: ignore[misc]
        return response


def is_key(field: models.Field[Any, Any], typed: str) -> bool:
    """Whether what somebody typed can be a key of this kind at all."""
    if isinstance(field, models.IntegerField):
        return typed.isascii() and typed.isdigit() and len(typed) <= _LONGEST_KEY
    try:
        field.to_python(typed)
    except ValidationError:
        return False
    return "\x00" not in typed


class _OfferedFilters(ChangeList):
    def get_filters(self, request: HttpRequest) -> Any:
        try:
            found = super().get_filters(request)
        except (OverflowError, ValueError) as error:
            raise IncorrectLookupParameters(error) from error
        # What is left was taken by no filter. The period becomes its two ends.
        for typed in set(found[2]) - {f"{self.date_hierarchy}__gte", f"{self.date_hierarchy}__lt"}:
            raise DisallowedModelAdminLookup(f"Filtering by {typed} not allowed")
        return found


class HubLists(AdminSite):
    """What holds for every list, whoever registers it, so that none can be forgotten."""

    def register(
        self, model_or_iterable: Any, admin_class: type[ModelAdmin[Any]] | None = None, **options: Any
    ) -> None:
        base = admin_class or ModelAdmin
        shared = (OfferedFiltersMixin, ValidSelectionMixin)
        ours = type(base.__name__, (*shared, base), {"__module__": base.__module__})
        super().register(model_or_iterable, ours, **options)
