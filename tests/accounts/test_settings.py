from __future__ import annotations

import json
import zoneinfo
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import translation

from apps.accounts import personal_data, services
from apps.accounts.models import Consent
from apps.accounts.time_zones import time_zone_choices
from tests.accounts.helpers import add_totp, person, sign_in

pytestmark = pytest.mark.django_db


def test_settings_save_name_and_time_zone(client: Client) -> None:
    user = person()
    client.force_login(user)
    form = {"name": "Ada Neu", "language": "en", "time_zone": "Europe/Athens"}
    assert client.post("/account/settings/", form).status_code == 302
    user.refresh_from_db()
    assert (user.name, user.time_zone) == ("Ada Neu", "Europe/Athens")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": "A\r\nB"}, "name"),
        ({"name": "x" * 121}, "name"),
        ({"language": "xx"}, "language"),
        ({"time_zone": "Europe"}, "time_zone"),
        ({"time_zone": "../../etc/passwd"}, "time_zone"),
        ({"time_zone": ""}, "time_zone"),
    ],
)
def test_settings_bad_input_changes_nothing(client: Client, change: dict[str, str], field: str) -> None:
    user = person()
    client.force_login(user)
    form = {"name": "Ada Neu", "language": "en", "time_zone": "Europe/Athens"} | change
    response = client.post("/account/settings/", form)
    assert response.status_code == 200
    assert field in response.context["form"].errors
    user.refresh_from_db()
    assert user.name == "Ada Muster"


def test_settings_page_cannot_make_a_curator(client: Client) -> None:
    user = person()
    client.force_login(user)
    form = {"name": "Ada", "language": "en", "time_zone": "UTC", "is_staff": "on", "email": "x@example.org"}
    client.post("/account/settings/", form)
    user.refresh_from_db()
    assert (user.is_staff, user.email) == (False, "ada@example.org")


def test_time_zones_are_usable_and_grouped_europe_first() -> None:
    groups = dict(time_zone_choices())
    names = [name for zones in groups.values() for name, _label in zones]

    assert next(iter(groups)) == "Europe"
    europe = dict(groups["Europe"])
    assert europe["Europe/Vienna"] == "Austria (Vienna)"
    assert europe["Atlantic/Reykjavik"] == "Iceland (Reykjavik)"
    assert europe["Europe/Luxembourg"] == "Luxembourg"
    assert {"Asia/Nicosia", "Atlantic/Canary", "Atlantic/Madeira", "Asia/Yerevan"} <= europe.keys()
    assert list(europe.values())[:3] == ["Åland Islands (Mariehamn)", "Albania (Tirane)", "Andorra"]
    assert ("UTC", "UTC") in groups["UTC"]
    assert len(names) == len(set(names))
    assert {zoneinfo.ZoneInfo(name).key for name in names} == set(names)


def test_time_zones_have_one_name_each_and_nobody_lives_in_antarctica() -> None:
    names = {name for _title, zones in time_zone_choices() for name, _label in zones}

    assert names.isdisjoint({"Europe/Kiev", "Asia/Calcutta", "Europe/Belfast", "America/Buenos_Aires"})
    assert not [name for name in names if name.startswith("Antarctica/")]


def test_time_zones_are_named_in_the_readers_language() -> None:
    with translation.override("de"):
        groups = dict(time_zone_choices())

    assert dict(groups["Europa"])["Europe/Vienna"] == "Österreich (Wien)"


@pytest.mark.parametrize(
    ("zone", "kept"),
    [("Asia/Calcutta", "Asia/Kolkata"), ("Antarctica/Troll", "Antarctica/Troll"), ("EST5EDT", None)],
)
def test_account_with_a_zone_that_is_not_offered_can_be_saved(
    client: Client, zone: str, kept: str | None
) -> None:
    user = person(time_zone=zone)
    client.force_login(user)
    shown = client.get("/account/settings/").context["form"]["time_zone"].value()
    assert (
        client.post("/account/settings/", {"name": "Ada", "language": "en", "time_zone": shown}).status_code
        == 302
    )
    user.refresh_from_db()
    assert user.time_zone == (kept or shown)
    assert zoneinfo.ZoneInfo(user.time_zone).key == user.time_zone


@pytest.mark.parametrize("count", [1, 3])
def test_settings_query_count_is_constant(client: Client, django_assert_num_queries: Any, count: int) -> None:
    user = person()
    for number in range(count - 1):
        services.record_consent(person=user, version=f"0.{number}")
        sign_in(Client())
    client.force_login(user)
    with django_assert_num_queries(SETTINGS_QUERIES):
        client.get("/account/settings/")


# The person twice (as signed in, as edited), four for the overview, one for the consent in force, and the number of
# unread notifications in the head of the page.
SETTINGS_QUERIES = 9


def test_new_privacy_version_asks_again(client: Client, settings: Any) -> None:
    user = person()
    client.force_login(user)
    assert "I agree" not in client.get("/account/settings/").content.decode()
    settings.PRIVACY_VERSION = "2"
    assert "I agree" in client.get("/account/settings/").content.decode()
    client.post("/account/consent/")
    client.post("/account/consent/")
    assert sorted(user.consents.values_list("version", flat=True)) == ["1", "2"]
    assert "I agree" not in client.get("/account/settings/").content.decode()


def test_consent_twice_is_refused_by_the_database() -> None:
    user = person()
    with pytest.raises(IntegrityError), transaction.atomic():
        Consent.objects.create(user=user, text="privacy", version="1")


def test_export_holds_all_of_one_person_and_no_secret(client: Client) -> None:
    user = person()
    secret = add_totp(user)
    person("eva@example.org")
    sign_in(client)
    client.force_login(user)
    response = client.get("/account/export/")
    assert response["Content-Disposition"].startswith('attachment; filename="clusterhub-my-data-')
    text = response.content.decode()
    data = json.loads(text)
    assert data["account"]["email"] == "ada@example.org"
    assert data["consents"][0]["version"] == "1"
    assert {factor["type"] for factor in data["sign_in"]["second_factors"]} == {"totp", "recovery_codes"}
    assert secret not in text
    assert user.password not in text
    assert "eva@example.org" not in text


def test_export_has_the_sections_of_other_apps(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(personal_data, "_exports", dict(personal_data._exports))
    personal_data.register_export("garden", lambda person: {"owner": person.pk})
    user = person()
    client.force_login(user)
    assert client.get("/account/export/").json()["garden"] == {"owner": user.pk}


def test_other_accounts_are_offered_only_where_the_operators_set_them_up(
    client: Client, settings: Any
) -> None:
    client.force_login(person())
    assert "/accounts/3rdparty/" not in client.get("/account/settings/").content.decode()

    settings.SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"APPS": []}}
    assert "/accounts/3rdparty/" in client.get("/account/settings/").content.decode()
