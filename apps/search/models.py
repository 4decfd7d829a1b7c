"""What everybody may find, in the shape that was fastest when measured. See docs/adr/0008-search-documents.md."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Collate
from django.utils.translation import gettext_lazy as _

# An order for titles in all languages, made by a migration: "Cluster 9" comes before "Cluster 10", "Ö" beside "O".
TITLE_COLLATION = "search_titles"


class FacetValue(models.Model):
    """One value of one facet as one number, so that a type, a country and a topic are all just integers."""

    facet = models.CharField(max_length=40)
    code = models.CharField(max_length=120)
    label = models.CharField(max_length=200)

    class Meta:
        verbose_name = _("value of a facet")
        verbose_name_plural = _("values of facets")
        ordering: ClassVar[list[str]] = ["facet", "code"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["facet", "code"], name="facetvalue_code_unique_in_facet")
        ]

    def __str__(self) -> str:
        return f"{self.facet}: {self.label}"


class Document(models.Model):
    """One public item. What is not public has no row: no question can then show, count or guess it.

    ``head`` holds title, summary and authors (kept in the row, ranked on), ``tsv`` everything (kept out of line,
    matched on), ``card`` what a list shows of the item.
    """

    kind = models.CharField(max_length=40)
    object_id = models.BigIntegerField()
    title = models.CharField(max_length=300)
    summary = models.TextField(blank=True)
    authors = models.CharField(max_length=500, blank=True)
    language = models.CharField(max_length=10)
    url = models.CharField(max_length=400)
    published_at = models.DateTimeField()
    first_public_at = models.DateTimeField()
    downloads = models.PositiveIntegerField(default=0)
    facets = ArrayField(models.IntegerField(), default=list)
    card = models.JSONField(default=dict)
    head = SearchVectorField()
    tsv = SearchVectorField()

    class Meta:
        verbose_name = _("search document")
        verbose_name_plural = _("search documents")
        ordering: ClassVar[list[str]] = ["-published_at", "-pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["kind", "object_id"], name="document_one_for_each_item"),
            models.CheckConstraint(condition=~Q(title=""), name="document_has_a_title"),
        ]
        indexes: ClassVar[list[models.Index]] = [
            GinIndex(fields=["tsv"], name="document_tsv", fastupdate=False),
            GinIndex(fields=["head"], name="document_head", fastupdate=False),
            GinIndex(fields=["facets"], name="document_facets", fastupdate=False),
            models.Index(fields=["-published_at", "-id"], name="document_newest_of_all"),
            models.Index(fields=["kind", "-published_at", "-id"], name="document_newest"),
            models.Index(fields=["kind", "-downloads", "-published_at", "-id"], name="document_downloads"),
            models.Index(fields=["kind", "first_public_at"], name="document_first_public"),
            models.Index(F("kind"), Collate("title", TITLE_COLLATION), F("id"), name="document_titles"),
        ]

    def __str__(self) -> str:
        return self.title


class DocumentText(models.Model):
    """The body of a document, apart from it so that its row stays narrow; read only for the excerpts of one page.

    ``keywords`` are searched and never shown.
    """

    document = models.OneToOneField(Document, primary_key=True, on_delete=models.CASCADE, related_name="text")
    body = models.TextField(blank=True)
    keywords = models.TextField(blank=True)

    class Meta:
        verbose_name = _("text of a document")
        verbose_name_plural = _("texts of documents")
        ordering: ClassVar[list[str]] = ["document"]

    def __str__(self) -> str:
        return f"{self.document_id}"


class Word(models.Model):
    """A word of some item, without accents: what a typing error is compared with. One row for each configuration.

    No constraint keeps a word single: of two writers of the same new word the second would have to wait for the first.
    Nor does a word go with its last item: before one is suggested, the public items are asked whether they have it.
    """

    text = models.CharField(max_length=40, db_collation="C")
    config = models.CharField(max_length=40, db_collation="C")

    class Meta:
        verbose_name = _("word")
        verbose_name_plural = _("words")
        ordering: ClassVar[list[str]] = ["text", "config"]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["text", "config"], name="word_text"),
            GinIndex(fields=["text"], name="word_similar", opclasses=["gin_trgm_ops"]),
        ]

    def __str__(self) -> str:
        return self.text
