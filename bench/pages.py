"""What a page costs at the least: a fixed text, and a plain list of twenty cards."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from apps.search.models import Document


def fixed(request: HttpRequest) -> HttpResponse:
    """Everything of a request but the answer: middleware, routing, headers."""
    return HttpResponse("<!DOCTYPE html><title>Fixed</title><p>The same for everybody.")


def cards(request: HttpRequest) -> HttpResponse:
    """The hub's page shell around the cards of the newest twenty: one query, no counts, no filters."""
    found = (
        Document.objects.filter(kind="resource").defer("head", "tsv").order_by("-published_at", "-id")[:20]
    )
    return render(request, "bench/cards.html", {"hits": list(found)})
