"""Which columns refer to stored files, so that files nobody refers to can be removed.

Every foreign key to StoredFile counts by itself. Register what is no foreign key, such as an id kept in JSON
or in a plain column.
"""

from __future__ import annotations

from django.apps import apps
from django.db.models import Exists, F, ManyToOneRel, OuterRef, QuerySet

from apps.files.models import ExtractedText, StoredFile

_references: set[tuple[str, str]] = set()


def register_reference(model_label: str, field_name: str) -> None:
    """``register_reference("knowledge.Resource", "file")``. Registering what already counts does no harm."""
    _references.add((model_label, field_name))


def references() -> set[tuple[str, str]]:
    """All (model label, field name) pairs that point to stored files."""
    found = set(_references)
    # Hidden ones too: with related_name="+" a foreign key is no less a reference.
    for relation in StoredFile._meta.get_fields(include_hidden=True):
        if isinstance(relation, ManyToOneRel) and relation.related_model is not ExtractedText:
            found.add((relation.related_model._meta.label, relation.field.name))
    return found


def unreferenced() -> QuerySet[StoredFile]:
    """Stored files to which nothing refers."""
    files = StoredFile.objects.all()
    for model_label, field_name in sorted(references()):
        model = apps.get_model(model_label)
        # Not the default manager: it may leave out rows that refer to files all the same.
        everything = model._base_manager  # noqa: SLF001
        files = files.filter(~Exists(everything.annotate(_file=F(field_name)).filter(_file=OuterRef("pk"))))
    return files
