"""Curators correct vocabularies here; a corrected row is theirs from then on."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from apps.taxonomy import models


class ReferenceAdmin(admin.ModelAdmin[models.ReferenceRow]):
    """Rows are kept, since content refers to them; a changed one is marked so that the loader leaves it."""

    list_display = ["code", "name", "basis", "is_edited"]
    list_filter = ["basis", "is_edited"]
    search_fields = ["code", "name"]
    readonly_fields = ["is_edited"]

    def save_model(self, request: HttpRequest, obj: models.ReferenceRow, form: Any, change: bool) -> None:
        obj.is_edited = True
        super().save_model(request, obj, form, change)

    def has_delete_permission(self, request: HttpRequest, obj: models.ReferenceRow | None = None) -> bool:
        return False


class RegionAdmin(ReferenceAdmin):
    list_filter = ["level", "kind", "basis", "is_edited"]
    autocomplete_fields = ["parent", "country"]
    list_select_related = ["country"]


for model in (
    models.Country,
    models.Language,
    models.IndustrialEcosystem,
    models.EmergingIndustry,
    models.S3Priority,
    models.Sector,
    models.Technology,
    models.ExcellenceCriterion,
    models.Topic,
    models.Method,
    models.TargetGroup,
    models.Licence,
):
    admin.site.register(model, ReferenceAdmin)
admin.site.register(models.Region, RegionAdmin)
