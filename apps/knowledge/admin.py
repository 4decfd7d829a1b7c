"""What curators keep up: the guide, the reference publications, and a look at broken links."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import ManyToManyField, QuerySet, URLField
from django.forms import CheckboxSelectMultiple, ModelForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from apps.accounts.permissions import is_curator
from apps.core.admin import PlainAddPageMixin
from apps.knowledge import services
from apps.knowledge.forms import ReferenceForm
from apps.knowledge.guide import render_chapter
from apps.knowledge.models import Chapter, LinkCheck, Resource


class CuratorsMixin:
    """Being a curator is all that is asked, as for the moderation queue; nothing is deleted or made here."""

    def has_module_permission(self, request: HttpRequest) -> bool:
        return is_curator(_person(request))

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return is_curator(_person(request))

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return is_curator(_person(request))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


def _person(request: HttpRequest) -> Any:
    return request.user


@admin.register(Chapter)
class ChapterAdmin(PlainAddPageMixin, CuratorsMixin, admin.ModelAdmin[Chapter]):
    """Chapters in Markdown, with a look at the result before it is saved. An unwanted one is no longer published."""

    change_form_template = "admin/knowledge/chapter/change_form.html"
    list_display = ["order", "title", "is_published", "is_edited", "updated_at"]
    list_display_links = ["title"]
    list_filter = ["is_published", "is_edited"]
    search_fields = ["title", "summary", "body"]
    formfield_overrides: ClassVar[Any] = {ManyToManyField: {"widget": CheckboxSelectMultiple}}
    prepopulated_fields = {"slug": ["title"]}
    readonly_fields = ["is_edited", "as_saved"]
    fields = ["title", "slug", "order", "summary", "body", "topics", "is_published", "is_edited", "as_saved"]

    actions = ["give_back"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return is_curator(_person(request))

    @admin.action(description=_("Take the hub's own text again at the next loading"))
    def give_back(self, request: HttpRequest, queryset: QuerySet[Chapter]) -> None:
        for chapter in queryset:
            services.give_chapter_back(chapter_id=chapter.pk, by=_person(request))

    @admin.display(description=_("as it is saved"))
    def as_saved(self, chapter: Chapter) -> SafeString | str:
        return render_chapter(chapter.body).html if chapter.pk else "-"

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        if request.method == "POST" and "_preview" in request.POST and is_curator(_person(request)):
            return self._preview(request)
        return super().changeform_view(request, object_id, form_url, extra_context)

    def _preview(self, request: HttpRequest) -> HttpResponse:
        """Show what was typed as readers would see it; nothing is saved."""
        context = {
            **self.admin_site.each_context(request),
            "title": request.POST.get("title", ""),
            "summary": request.POST.get("summary", ""),
            "html": render_chapter(request.POST.get("body", "")).html,
        }
        return render(request, "admin/knowledge/chapter/preview.html", context)

    def save_model(self, request: HttpRequest, obj: Chapter, form: ModelForm[Chapter], change: bool) -> None:
        services.save_chapter(chapter=obj, by=_person(request))

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        services.index_chapter(form.instance)


@admin.register(Resource)
class ReferenceAdmin(CuratorsMixin, admin.ModelAdmin[Resource]):
    """The works of others that the hub lists. What people contribute is decided on in the queue, not changed here."""

    form = ReferenceForm
    list_display = ["external_id", "title", "authors", "year", "basis", "year_basis", "is_edited"]
    list_display_links = ["title"]
    list_filter = ["basis", "year_basis", "is_edited", "resource_type"]
    list_select_related = ["publication"]
    search_fields = ["publication__title", "authors", "external_id"]
    # Django's two boxes with arrows between them cannot be used with a screen reader, nor without a script.
    formfield_overrides: ClassVar[Any] = {ManyToManyField: {"widget": CheckboxSelectMultiple}}
    ordering = ["external_id"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Resource]:
        return super().get_queryset(request).filter(external_id__isnull=False).select_related("publication")

    @admin.display(description=_("title"), ordering="publication__title")
    def title(self, resource: Resource) -> str:
        return resource.publication.title

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        services.reference_corrected(
            resource_id=form.instance.pk,
            title=form.cleaned_data["title"],
            fields=form.changed_data,
            by=_person(request),
        )


@admin.register(LinkCheck)
class LinkCheckAdmin(CuratorsMixin, admin.ModelAdmin[LinkCheck]):
    """Which links fail, since when and how; nothing is changed here but the time of the next check."""

    list_display = [
        "url",
        "resource",
        "failures",
        "first_failed_at",
        "flagged_at",
        "last_status",
        "last_error",
        "due_at",
    ]
    list_filter = [("flagged_at", admin.EmptyFieldListFilter), "last_status", "last_error"]
    list_select_related = ["resource__publication"]
    search_fields = ["url", "resource__publication__title"]
    ordering = ["-failures", "due_at"]
    actions = ["check_soon"]
    formfield_overrides: ClassVar[Any] = {URLField: {"assume_scheme": "https"}}

    @admin.action(description=_("Check in the next run"))
    def check_soon(self, request: HttpRequest, queryset: QuerySet[LinkCheck]) -> None:
        queryset.update(due_at=timezone.now())

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
