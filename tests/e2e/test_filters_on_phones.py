"""The filters of a catalogue on a phone: behind one press, and open for as long as they are used."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.factories.knowledge import ResourceFactory, language

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def phone(browser: Browser, live_server: Any, settings: Any) -> Any:
    settings.SITE_URL = live_server.url
    language()
    ResourceFactory.create(title="A guide on indicators", resource_type="guide", topics=["indicators"])
    ResourceFactory.create(title="A tool on surveys", resource_type="tool", topics=["surveys"])
    context = browser.new_context(base_url=live_server.url, viewport={"width": 390, "height": 800})
    context.set_default_timeout(10_000)
    yield context.new_page()
    context.close()


def filters(page: Page) -> Any:
    return page.locator(".hub-facets-phone")


@pytest.mark.parametrize("way_on", ["Remove this filter", "Show everything"])
def test_filters_stay_open_on_the_wider_page(phone: Page, way_on: str) -> None:
    phone.goto("/knowledge/")
    expect(filters(phone)).not_to_have_attribute("open", "")
    filters(phone).locator("summary").first.click()
    phone.goto("/knowledge/?type=guide&topic=surveys")
    expect(filters(phone)).to_have_attribute("open", "")

    phone.get_by_role("link", name=way_on).first.click()

    expect(phone.locator(".hub-result")).not_to_have_count(0)
    expect(filters(phone)).to_have_attribute("open", "")


def test_groups_that_come_with_a_wider_question_are_as_the_page_has_them(phone: Page) -> None:
    phone.goto("/knowledge/?type=guide&topic=surveys")
    filters(phone).locator("summary").first.click()
    phone.locator("#facet-type > summary").click()
    phone.locator("#facet-topic input:checked").uncheck()

    expect(phone.locator(".hub-result")).to_have_count(1)
    assert phone.locator("#facet-type").get_attribute("open") is None, "closed by hand"
    assert phone.locator("#facet-topic").get_attribute("open") is not None


def test_filters_of_another_catalogue_begin_closed(phone: Page) -> None:
    phone.goto("/knowledge/")
    filters(phone).locator("summary").first.click()

    phone.goto("/search/")

    expect(filters(phone)).not_to_have_attribute("open", "")
