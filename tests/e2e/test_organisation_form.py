"""The form of an organisation: the regions follow the country."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from apps.accounts.models import User
from tests.factories.accounts import UserFactory
from tests.factories.knowledge import language, region

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.django_db(transaction=True)]


def test_only_the_regions_of_the_chosen_country_are_left(
    page: Page, sign_in: Callable[[Page, User], None]
) -> None:
    language()
    tyrol, bavaria = region("AT33"), region("DE21", "DE")
    sign_in(page, UserFactory.create())
    page.goto("/organisations/new/")
    regions = page.get_by_label("Region")
    expect(regions.locator("option")).to_have_count(3)

    page.get_by_label("Country").select_option(label=tyrol.country.name)
    expect(regions.locator("optgroup")).to_have_count(1)
    regions.select_option(label=tyrol.name)
    page.get_by_label("Country").select_option(label=bavaria.country.name)
    expect(regions.locator("option")).to_have_text(["No region", bavaria.name])
    expect(regions).to_have_value("")
    page.get_by_label("Country").select_option("")
    expect(regions.locator("option")).to_have_count(3)
