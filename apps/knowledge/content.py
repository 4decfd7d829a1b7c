"""What people write into a resource, apart from what the hub keeps about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from apps.files.models import StoredFile
from apps.knowledge.enums import ResourceType
from apps.knowledge.models import Resource
from apps.organisations.models import Organisation
from apps.taxonomy.models import Country, Language, Licence, Method, Region, TargetGroup, Term, Topic

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

# Stored where a draft has no title yet, so that lists have something to press on. Nobody may submit it.
UNTITLED = "Untitled"

# Together these are every field of the model; a test holds it, so that no new field is lost on approval.
PLAIN_FIELDS = (
    "resource_type",
    "summary",
    "authors",
    "year",
    "language",
    "licence",
    "version",
    "file",
    "link",
)
MANY_FIELDS = ("countries", "regions", "topics", "methods", "target_groups")
KEPT_FIELDS = frozenset(
    {
        "id", "created_at", "updated_at", "publication", "creation_token", "last_form_token", "slug", "external_id",
        "downloads", "basis", "year_basis", "source", "is_edited",
    }
)  # fmt: skip


@dataclass(frozen=True)
class ResourceContent:
    """One state of everything that a person may write, from a form or from a stored resource."""

    title: str
    language: Language
    organisation: Organisation
    resource_type: str = ""
    summary: str = ""
    authors: str = ""
    year: int | None = None
    countries: Sequence[Country] = ()
    regions: Sequence[Region] = ()
    topics: Sequence[Topic] = ()
    methods: Sequence[Method] = ()
    target_groups: Sequence[TargetGroup] = ()
    licence: Licence | None = None
    version: str = ""
    file: StoredFile | None = None
    link: str = ""

    @classmethod
    def of(cls, resource: Resource) -> ResourceContent:
        """What is stored; load with ``for_detail()`` to have it in a constant number of queries."""
        values: dict[str, Any] = {name: getattr(resource, name) for name in PLAIN_FIELDS}
        values.update({name: tuple(getattr(resource, name).all()) for name in MANY_FIELDS})
        publication = resource.publication
        return cls(title=publication.title, organisation=publication.organisation, **values)

    @property
    def typed_title(self) -> str:
        """The title, or nothing while there is only the stand-in for one."""
        return "" if self.title == UNTITLED else self.title.strip()

    def is_empty(self) -> bool:
        """Nothing was typed that would be a pity to lose."""
        plain = (
            self.typed_title,
            self.resource_type,
            self.summary,
            self.authors,
            self.year,
            self.version,
            self.link,
        )
        many = (getattr(self, name) for name in MANY_FIELDS)
        return not (any(plain) or any(many) or self.file or self.licence)


LABELS: dict[str, _StrPromise] = {
    "title": gettext_lazy("Title"),
    "resource_type": gettext_lazy("Type"),
    "summary": gettext_lazy("Summary"),
    "authors": gettext_lazy("Authors"),
    "organisation": gettext_lazy("Organisation"),
    "year": gettext_lazy("Year"),
    "language": gettext_lazy("Language"),
    "countries": gettext_lazy("Countries"),
    "regions": gettext_lazy("Regions"),
    "topics": gettext_lazy("Topics"),
    "methods": gettext_lazy("Methods"),
    "target_groups": gettext_lazy("Target groups"),
    "licence": gettext_lazy("Licence"),
    "version": pgettext_lazy("edition of a document", "Version"),
    "file": gettext_lazy("File"),
    "link": gettext_lazy("Link"),
}


@dataclass(frozen=True)
class Difference:
    """One field in two states, in words."""

    field: str
    label: str
    before: str
    after: str


def differences(before: ResourceContent, after: ResourceContent) -> list[Difference]:
    """Which fields differ, in the order of the form."""
    found = []
    for name, label in LABELS.items():
        old, new = in_words(name, getattr(before, name)), in_words(name, getattr(after, name))
        if old != new or (name == "file" and before.file != after.file):
            found.append(Difference(field=name, label=str(label), before=old, after=new))
    return found


def in_words(name: str, value: Any) -> str:
    """A value as a reader sees it; line ends do not count as a difference."""
    if value is None or value == "":
        return ""
    if name in MANY_FIELDS:
        terms: Sequence[Term] = value
        return "; ".join(sorted(term.name for term in terms))
    if name == "resource_type":
        return str(ResourceType(value).label)
    if name == "title" and value == UNTITLED:
        return ""
    return "\n".join(str(value).strip().splitlines())


def missing(content: ResourceContent) -> dict[str, str]:
    """What a resource needs before it may be submitted, by field: asked by the form and again by the step itself."""
    needed = {
        "title": (content.typed_title, _("Give the resource a title.")),
        "resource_type": (content.resource_type, _("Choose what type of resource this is.")),
        "summary": (content.summary.strip(), _("Say in a few sentences what it is about and whom it helps.")),
        "topics": (content.topics, _("Choose at least one topic.")),
    }
    found = {name: message for name, (value, message) in needed.items() if not value}
    if content.file is None and not content.link:
        found["file"] = _("Add a file, a link, or both.")
    if content.file is not None and content.licence is None:
        found["licence"] = _("Choose the licence under which others may use the file.")
    return found
