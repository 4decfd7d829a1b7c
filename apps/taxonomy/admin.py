"""Curators correct vocabularies here; a corrected row is theirs from then on. Being staff is all that it takes."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import URLField
from django.http import HttpRequest

from apps.accounts.permissions import is_curator
from apps.core.admin import PlainAddPageMixin
from apps.taxonomy import models


class ReferenceAdmin(PlainAddPageMixin, admin.ModelAdmin[models.ReferenceRow]):
    """Rows are kept, since content refers to them; a changed one is marked so that the loader leaves it."""

    list_display = ["code", "name", "basis", "is_edited"]
    list_filter = ["basis", "is_edited"]
    search_fields = ["code", "name"]
    key_fields: ClassVar[tuple[str, ...]] = ("code",)
    formfield_overrides: ClassVar[Any] = {URLField: {"assume_scheme": "https"}}

    def get_readonly_fields(self, request: HttpRequest, obj: models.ReferenceRow | None = None) -> list[str]:
        """The loader knows a row by its key: a changed one would let it add the row a second time."""
        return ["is_edited", *(self.key_fields if obj else ())]

    def save_model(self, request: HttpRequest, obj: models.ReferenceRow, form: Any, change: bool) -> None:
        obj.is_edited = True
        super().save_model(request, obj, form, change)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return is_curator(request.user)

    def has_view_permission(self, request: HttpRequest, obj: models.ReferenceRow | None = None) -> bool:
        return is_curator(request.user)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return is_curator(request.user)

    def has_change_permission(self, request: HttpRequest, obj: models.ReferenceRow | None = None) -> bool:
        return is_curator(request.user)

    def has_delete_permission(self, request: HttpRequest, obj: models.ReferenceRow | None = None) -> bool:
        return False


class RegionAdmin(ReferenceAdmin):
    list_filter = ["level", "kind", "basis", "is_edited"]
    autocomplete_fields = ["parent", "country"]
    list_select_related = ["country"]


class SectorAdmin(ReferenceAdmin):
    key_fields = ("taxonomy", "code")
    list_filter = ["taxonomy", "basis", "is_edited"]


class TechnologyAdmin(ReferenceAdmin):
    key_fields = ("group", "code")
    list_filter = ["group", "basis", "is_edited"]


class CriterionAdmin(ReferenceAdmin):
    key_fields = ("scheme", "code")
    list_filter = ["scheme", "basis", "is_edited"]


for model in (
    models.Country,
    models.Language,
    models.IndustrialEcosystem,
    models.EmergingIndustry,
    models.S3Priority,
    models.Topic,
    models.Method,
    models.TargetGroup,
    models.Licence,
):
    admin.site.register(model, ReferenceAdmin)
admin.site.register(models.Region, RegionAdmin)
admin.site.register(models.Sector, SectorAdmin)
admin.site.register(models.Technology, TechnologyAdmin)
admin.site.register(models.ExcellenceCriterion, CriterionAdmin)
