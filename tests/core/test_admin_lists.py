"""Every list of the administration, with what somebody may type behind its address."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.admin import helpers
from django.db import transaction
from django.db.models import Model
from django.test import Client, RequestFactory

from tests.factories.accounts import UserFactory

pytestmark = pytest.mark.django_db

MODELS = sorted(admin.site._registry, key=lambda model: model._meta.label)
HUGE = "9" * 20
LOOKUPS = {
    "year": "9999", "year__gte": HUGE, "regex": "(", "iregex": "[[:x:]]", "in": "a,,b", "range": "1", "gt": HUGE,
    "exact": HUGE, "isnull": "perhaps", "date": "2026-13-40", "startswith": "a", "id__exact": HUGE, "x__y": "z",
}  # fmt: skip


def list_of(model: type[Model]) -> str:
    return f"/admin/{model._meta.app_label}/{model._meta.model_name}/"


def typed(model: type[Model]) -> Iterator[str]:
    for field in ("id", "nothing", *(field.name for field in model._meta.get_fields())):
        yield f"{field}={HUGE}"
        yield from (f"{field}__{lookup}={value}" for lookup, value in LOOKUPS.items())
    period = admin.site._registry[model].date_hierarchy
    if isinstance(period, str):
        for year in ("0", "1", "-1", "9998", "9999", HUGE, "x", "1e3", "٣٠٠٠"):
            yield f"{period}__year={year}"
            yield f"{period}__year={year}&{period}__month=12"
            yield f"{period}__year={year}&{period}__month=12&{period}__day=31"
            yield f"{period}__month={year}"
            yield f"{period}__year=2026&{period}__month={year}&{period}__day={year}"
    yield from (f"o={odd}&p={odd}" for odd in ("-1", "0", HUGE, "x", "1.2.3"))
    yield from (
        "all=",
        "e=1",
        "_popup=1&_to_field=nothing",
        "_facets=True&e=1",
        "q=%5C%27&q=(",
        "_to_field=id",
    )


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_list_answers_whatever_is_typed_behind_its_address(model: type[Model]) -> None:
    client = Client(raise_request_exception=False)
    client.force_login(UserFactory.create(is_staff=True, is_superuser=True))
    broken = []

    for query in typed(model):
        with transaction.atomic():
            status = client.get(f"{list_of(model)}?{query}").status_code
            transaction.set_rollback(True)
        if status not in {200, 302, 400}:
            broken.append(f"{status} {query}")

    assert broken == []


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_list_answers_no_filter_that_it_does_not_offer(model: type[Model]) -> None:
    """Letter by letter, by what is found and what is not, all could be read that no page shows."""
    client = Client()
    client.force_login(UserFactory.create(is_staff=True, is_superuser=True))
    page = list_of(model)

    for lookup in ("pk__gt", "id__startswith", f"{model._meta.pk.name}__in"):
        assert client.get(f"{page}?{lookup}=1").status_code == 400


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_list_answers_every_filter_that_it_offers(model: type[Model]) -> None:
    client = Client()
    client.force_login(UserFactory.create(is_staff=True, is_superuser=True))
    page: Any = client.get(list_of(model))

    for spec in page.context["cl"].filter_specs:
        for choice in spec.choices(page.context["cl"]):
            assert client.get(list_of(model) + choice["query_string"]).status_code == 200


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_no_step_chokes_on_a_selection_that_no_page_sent(model: type[Model]) -> None:
    client = Client(raise_request_exception=False)
    boss = UserFactory.create(is_staff=True, is_superuser=True)
    client.force_login(boss)
    steps = [*admin.site._registry[model].get_actions(_request_of(boss)), "delete_selected", "nothing"]
    broken = []

    for step in steps:
        for keys in (["abc"], [""], ["1\x00"], [HUGE], ["-1"], ["1", "x"], ["1e3"], ["²"]):
            with transaction.atomic():
                answer = client.post(
                    list_of(model), {"action": step, helpers.ACTION_CHECKBOX_NAME: keys, "index": "0"}
                )
                transaction.set_rollback(True)
            if answer.status_code not in {200, 302, 400, 403}:
                broken.append(f"{answer.status_code} {step} {keys}")
    assert broken == []


def _request_of(user: Any) -> Any:
    request = RequestFactory().get("/admin/")
    request.user = user
    return request
