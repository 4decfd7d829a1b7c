"""Resources as publishing sees them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django.urls import reverse
from django.utils.translation import gettext_lazy

from apps.knowledge import services
from apps.knowledge.content import LABELS, Difference, ResourceContent, differences, in_words, missing
from apps.knowledge.enums import ResourceType as Type
from apps.knowledge.link_checks import sync_link_checks
from apps.knowledge.models import Resource
from apps.knowledge.presentation import coverage
from apps.knowledge.slugs import NUMBERED
from apps.publishing.enums import PublicationState
from apps.publishing.models import Publication
from apps.publishing.registry import PublishableType, register
from apps.search.services import index

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

_EXCERPT_CHARS = 1500
_WITHOUT_ADDRESS = (PublicationState.DRAFT, PublicationState.WITHDRAWN)


class ResourceType(PublishableType):
    """The life of a resource: complete before it is submitted, findable exactly while it is public."""

    kind = services.KIND
    label = gettext_lazy("Resource")
    preview_template = "knowledge/preview.html"

    def item_of(self, publication: Publication) -> Resource:
        return Resource.objects.for_detail().get(publication=publication)

    def problems(self, item: Resource) -> list[str]:
        return list(missing(ResourceContent.of(item)).values())

    def copy(self, *, live_item: Resource, publication: Publication) -> Resource:
        return services.new_item(publication=publication, content=ResourceContent.of(live_item))

    def merge(self, *, live_item: Resource, pending_item: Resource) -> None:
        """The content goes over; address, number, downloads and first publication stay."""
        content = ResourceContent.of(pending_item)
        publication = live_item.publication
        publication.title, publication.language = content.title, content.language.code
        publication.save(update_fields=["title", "language", "updated_at"])
        services.apply_content(live_item, content)
        self._show(live_item)

    def state_changed(self, item: Resource) -> None:
        resource = Resource.objects.select_related("publication").get(pk=item.pk)
        publication = resource.publication
        is_version = publication.live_id is not None
        if NUMBERED.match(resource.slug) and not is_version and publication.state not in _WITHOUT_ADDRESS:
            services.give_address(resource=resource)
            item.slug = resource.slug
        self._show(resource)

    def _show(self, resource: Resource) -> None:
        index(self.kind, [resource.pk])
        sync_link_checks([resource.pk])

    def url(self, publication: Publication) -> str:
        """Without a query in a list of many kinds: the number of the publication leads to its address."""
        resource = Publication.resource.is_cached(publication) and publication.resource
        slug = resource.slug if resource else f"item-{publication.pk}"
        return reverse("knowledge:resource-detail", args=[slug])

    def edit_url(self, publication: Publication) -> str:
        """By the number, which always leads to the form of what an edit would change."""
        return reverse("knowledge:resource-edit", args=[f"item-{publication.pk}"])

    def preview_context(self, publication: Publication) -> dict[str, Any]:
        item = self.item_of(publication)
        return {
            "item": item,
            "coverage": coverage(item),
            "problems": self.problems(item),
            "file_excerpt": item.file.text[:_EXCERPT_CHARS] if item.file else "",
        }

    def differences(self, *, live_item: Resource, pending_item: Resource) -> list[Difference]:
        """In the words of the form; the title is one of them and stands on the publication."""
        return differences(ResourceContent.of(live_item), ResourceContent.of(pending_item))

    def words(self, item: Resource) -> dict[str, str]:
        """A file with its checksum: another one may have the same name."""
        content = ResourceContent.of(item)
        words = {name: in_words(name, getattr(content, name)) for name in LABELS}
        if content.file is not None:
            words["file"] += f" ({content.file.sha256[:12]})"
        return words

    def labels(self, item: Resource) -> dict[str, _StrPromise]:
        return LABELS

    def type_names(self, publications: Sequence[Publication]) -> dict[int, str]:
        keys = [publication.pk for publication in publications]
        found = Resource.objects.filter(publication__in=keys).exclude(resource_type="")
        return {key: str(Type(code).label) for key, code in found.values_list("publication", "resource_type")}


register(ResourceType())
