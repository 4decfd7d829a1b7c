"""The framing guide."""

from __future__ import annotations

from urllib.parse import urlencode

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from apps.accounts.http import Request
from apps.knowledge.guide import chapters, neighbours, render_chapter
from apps.knowledge.models import Chapter
from apps.knowledge.queries import read_also


@require_safe
def guide(request: Request) -> HttpResponse:
    return render(request, "knowledge/guide.html", {"chapters": chapters()})


@require_safe
def guide_chapter(request: Request, slug: str) -> HttpResponse:
    published = chapters()
    if slug not in {chapter.slug for chapter in published}:
        raise Http404
    chapter = Chapter.objects.prefetch_related("topics").get(slug=slug)
    before, after = neighbours(slug, published)
    rendered = render_chapter(chapter.body)
    context = {
        "chapter": chapter,
        "chapters": published,
        "html": rendered.html,
        "sections": rendered.sections,
        "before": before,
        "after": after,
        "read_also": read_also(chapter.topics.all()),
        "topic_query": urlencode([("topic", topic.code) for topic in chapter.topics.all()]),
    }
    return render(request, "knowledge/guide_chapter.html", context)
