from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.core.slugs import slug_of
from apps.knowledge.slugs import RESERVED, is_free_name
from apps.knowledge.urls import urlpatterns


@pytest.mark.parametrize(
    ("title", "slug"),
    [
        ("Smart Guide to Cluster Policy", "smart-guide-to-cluster-policy"),
        ("Leitfaden: Wirkungsmodell für Größe", "leitfaden-wirkungsmodell-fur-grosse"),
        ("Οδηγός αξιολόγησης", "odigos-axiologisis"),
        ("Оценка на клъстери: Йод", "otsenka-na-klasteri-yod"),
        ("Łódź žluťoučký", "lodz-zlutoucky"),
        ("集群", ""),
        ("!!!", ""),
        ("a" * 300, "a" * 80),
    ],
)
def test_slug_of_title_in_any_language_is_readable(title: str, slug: str) -> None:
    assert slug_of(title) == slug


def test_slug_of_long_title_ends_with_a_whole_word() -> None:
    assert slug_of("measure " * 30) == "-".join(["measure"] * 10)


@given(st.text(max_size=300))
def test_slug_of_anything_is_an_address(title: str) -> None:
    slug = slug_of(title)

    assert len(slug) <= 80
    assert slug == "" or set(slug) <= set("abcdefghijklmnopqrstuvwxyz0123456789-_")


def test_reserved_names_are_all_addresses_before_the_slug() -> None:
    routes = [str(pattern.pattern) for pattern in urlpatterns]
    fixed = {route.split("/")[0] for route in routes if route and not route.startswith("<")}

    assert fixed == RESERVED


@pytest.mark.parametrize("slug", ["", "guide", "new", "draft-12", "version-7"])
def test_reserved_names_and_numbers_are_not_free(slug: str) -> None:
    assert not is_free_name(slug)


def test_ordinary_slug_is_free() -> None:
    assert is_free_name("draft-of-a-guide")
