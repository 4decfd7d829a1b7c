"""What people type: every wrong value is said at its field, and nothing typed is lost."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from apps.accounts.models import User
from apps.audit.models import Entry
from apps.organisations import services
from apps.organisations.forms import OrganisationForm
from apps.organisations.models import JoinRequest, Organisation
from apps.taxonomy.models import Region
from tests.factories.knowledge import language, region
from tests.factories.organisations import JoinRequestFactory, OrganisationFactory
from tests.factories.taxonomy import CountryFactory, LanguageFactory, SectorFactory
from tests.organisations.conftest import People, form_data, state_of_things, values

pytestmark = pytest.mark.django_db
NEW = "/organisations/new/"
PAGE = "/organisations/alpenholz/"


@pytest.fixture
def writer(client: Client, people: People) -> Client:
    client.force_login(people.stranger)
    return client


def errors_of(response: Any) -> dict[str, Any]:
    assert response.status_code == 200
    return dict(response.context["form"].errors)


# --- What is refused ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", "   "),
        ("name", "x" * 161),
        ("name", "x" * 300),
        ("name", "Nul\x00byte"),
        ("kind", ""),
        ("kind", "bank"),
        ("country", ""),
        ("country", "0"),
        ("country", "AT"),
        ("country", "99999999999999999999"),
        ("region", "0"),
        ("region", "Tyrol"),
        ("city", "x" * 121),
        ("city", "Nul\x00byte"),
        ("sectors", ["999999"]),
        ("sectors", ["wood"]),
        ("website", "javascript:alert(1)"),
        ("website", "JaVaScRiPt:alert(document.cookie)//.example.org"),
        ("website", "data:text/html,<script>alert(1)</script>"),
        ("website", "ftp://example.org/"),
        ("website", "http://localhost/"),
        ("website", "http://127.0.0.1/"),
        ("website", "http://10.0.0.1/admin"),
        ("website", "https://user:secret@example.org/"),
        ("website", "no address"),
        ("website", f"https://example.org/{'x' * 300}"),
        ("founded_year", "20224"),
        ("founded_year", "1799"),
        ("founded_year", "-1"),
        ("founded_year", "MCMXC"),
        ("founded_year", "99999999999999999999"),
        ("founded_year", str(timezone.now().year + 1)),
        ("description", "x" * 4001),
        ("description", "Nul\x00byte"),
        ("language", "xx"),
        ("language", ""),
    ],
)
def test_bad_value_is_said_at_its_field_and_saves_nothing(writer: Client, field: str, value: Any) -> None:
    before = state_of_things()
    response = writer.post(NEW, form_data(**{field: value}))
    assert list(errors_of(response)) == [field]
    assert state_of_things() == before


@pytest.mark.parametrize(
    "website", ["example.org", "https://example.org/x?y=1", "http://münchen.example.org"]
)
def test_good_websites(writer: Client, website: str) -> None:
    assert writer.post(NEW, form_data(website=website)).status_code == 302
    assert Organisation.objects.get(name="Bergbahn Cluster").website.startswith("http")


def test_region_has_to_lie_in_the_country(writer: Client) -> None:
    tyrol, bavaria = region("AT33"), region("DE21", "DE")
    before = state_of_things()
    assert list(errors_of(writer.post(NEW, form_data(region=bavaria.pk)))) == ["region"]
    assert state_of_things() == before

    assert writer.post(NEW, form_data(region=tyrol.pk)).status_code == 302
    assert Organisation.objects.get(name="Bergbahn Cluster").region == tyrol


def test_only_regions_of_level_two_are_offered(writer: Client) -> None:
    tyrol = region("AT33")
    assert tyrol.parent is not None
    shown = writer.get(NEW).content.decode()
    assert f'value="{tyrol.pk}"' in shown
    assert "region" in errors_of(writer.post(NEW, form_data(region=tyrol.parent.pk)))


def test_only_sectors_of_the_profile_taxonomy_are_offered(writer: Client) -> None:
    ours, other = SectorFactory.create(), SectorFactory.create(taxonomy="s3_eu_priority")
    assert "sectors" in errors_of(writer.post(NEW, form_data(sectors=[other.pk])))
    assert writer.post(NEW, form_data(sectors=[ours.pk])).status_code == 302
    assert list(Organisation.objects.get(name="Bergbahn Cluster").sectors.all()) == [ours]


def test_what_was_typed_comes_back_with_the_errors(writer: Client) -> None:
    shown = writer.post(
        NEW, form_data(founded_year="20224", description="A <b>careful</b> text")
    ).content.decode()
    assert "A &lt;b&gt;careful&lt;/b&gt; text" in shown
    assert 'value="20224"' in shown
    assert "#id_founded_year" in shown, "the summary leads to the field"


def test_empty_post_is_no_crash(writer: Client) -> None:
    assert "name" in errors_of(writer.post(NEW, {}))


def test_form_cannot_set_what_it_does_not_show(writer: Client, people: People) -> None:
    sent = form_data(
        is_illustrative="on",
        verified_at="2020-01-01",
        verified_by=people.stranger.pk,
        slug="mine",
        is_active="",
    )
    writer.post(NEW, sent)
    made = Organisation.objects.get(name="Bergbahn Cluster")
    assert (made.is_illustrative, made.verified_at, made.is_active, made.slug) == (
        False,
        None,
        True,
        "bergbahn-cluster",
    )


@pytest.mark.parametrize(("spoken", "chosen"), [("de", "de"), ("en", "en"), ("pt-br", "en"), ("", "en")])
def test_language_is_that_of_the_account_to_begin_with(
    writer: Client, people: People, spoken: str, chosen: str
) -> None:
    for code in ("de", "el"):
        language(code)
    LanguageFactory.create(code="sq", name="Albanian", name_native="shqip")
    User.objects.filter(pk=people.stranger.pk).update(language=spoken)
    field = writer.get(NEW).context["form"]["language"]
    assert field.value() == chosen
    assert "selected>" in str(field)


def test_language_of_a_profile_stays_what_it_is(client: Client, people: People) -> None:
    language("de")
    Organisation.objects.update(language="de")
    client.force_login(people.manager)
    assert client.get(f"{PAGE}edit/").context["form"]["language"].value() == "de"


def test_languages_are_called_by_the_reader_and_by_themselves(writer: Client) -> None:
    LanguageFactory.create(code="el", name="Greek", name_native="Ελληνικά")
    choices = dict(writer.get(NEW).context["form"].fields["language"].choices)
    assert choices == {"en": "English", "el": "Greek (Ελληνικά)"}


def test_regions_stand_below_their_country_without_codes(writer: Client) -> None:
    tyrol, bavaria = region("AT33"), region("DE21", "DE")
    Region.objects.filter(pk=tyrol.pk).update(name="Tirol")
    Region.objects.filter(pk=bavaria.pk).update(name="Μόναχο", name_latin="Monacho")
    choices = writer.get(NEW).context["form"].fields["region"].choices
    assert list(choices)[1:] == [("At", [(tyrol.pk, "Tirol")]), ("De", [(bavaria.pk, "Μόναχο / Monacho")])]
    assert 'data-groups-of="country"' in writer.get(NEW).content.decode()


# --- Not twice --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["Alpenholz", "alpenholz", "ALPENHOLZ e.V.", "Alpenhölz"])
def test_similar_name_is_asked_about_once(writer: Client, name: str) -> None:
    before = state_of_things()
    response = writer.post(NEW, form_data(name=name))
    assert "name" in errors_of(response)
    shown = response.content.decode()
    assert f'href="{PAGE}"' in shown
    assert 'name="is_another"' in shown
    assert state_of_things() == before

    assert writer.post(NEW, form_data(name=name, is_another="on")).status_code == 302
    assert Organisation.objects.filter(name__iexact=name).exclude(slug="alpenholz").count() == 1


def test_override_stays_ticked_while_something_else_is_put_right(writer: Client) -> None:
    sent = form_data(name="Alpenholz", is_another="on", founded_year="20224")
    response = writer.post(NEW, sent)
    assert list(errors_of(response)) == ["founded_year"]
    box = re.search(r'<input[^>]*name="is_another"[^>]*>', response.content.decode())
    assert box is not None
    assert "checked" in box[0]


def test_no_box_where_nothing_is_similar(writer: Client) -> None:
    assert "is_another" not in writer.get(NEW).content.decode()
    assert "is_another" not in writer.post(NEW, form_data(kind="")).content.decode()


def test_hidden_organisation_is_not_betrayed_by_its_name(writer: Client) -> None:
    Organisation.objects.update(is_active=False)
    assert writer.post(NEW, form_data(name="Alpenholz")).status_code == 302


def test_same_name_in_another_country_is_no_doubt(writer: Client) -> None:
    germany = CountryFactory.create(code="DE")
    assert writer.post(NEW, form_data(name="Alpenholz", country=germany.pk)).status_code == 302


def test_double_press_makes_one_and_leads_to_it(writer: Client) -> None:
    first, second = writer.post(NEW, form_data()), writer.post(NEW, form_data())
    assert first["Location"] == second["Location"] == "/organisations/bergbahn-cluster/"
    assert Organisation.objects.filter(name="Bergbahn Cluster").count() == 1


def test_own_profile_is_not_similar_to_itself(client: Client, people: People) -> None:
    client.force_login(people.manager)
    assert client.post(f"{PAGE}edit/", form_data(name="Alpenholz")).status_code == 302


def test_too_many_unverified_is_said_on_the_form(writer: Client, people: People) -> None:
    for number in range(services.MAX_UNVERIFIED):
        services.create_organisation(values=values(name=f"{number}" * 9), sectors=[], by=people.stranger)
    assert "__all__" in errors_of(writer.post(NEW, form_data()))


# --- Editing ------------------------------------------------------------------------------------------


def opened(client: Client) -> dict[str, Any]:
    """What the browser would send back unchanged."""
    form: OrganisationForm = client.get(f"{PAGE}edit/").context["form"]
    found = {name: form[name].value() for name in form.fields}
    return {name: value for name, value in found.items() if value not in (None, False)}


def test_opened_and_saved_changes_nothing_but_the_look(client: Client, people: People) -> None:
    tyrol, sector = region("AT33"), SectorFactory.create()
    people.organisation.region = tyrol
    people.organisation.save()
    people.organisation.sectors.add(sector)
    client.force_login(people.manager)

    assert client.post(f"{PAGE}edit/", opened(client)).status_code == 302
    people.organisation.refresh_from_db()
    assert people.organisation.region == tyrol
    assert list(people.organisation.sectors.all()) == [sector]
    assert [entry.action for entry in Entry.objects.about(people.organisation)] == ["confirmed"]


def test_two_who_edit_at_once_lose_nothing(client: Client, people: People) -> None:
    client.force_login(people.manager)
    sent = opened(client)
    services.update_organisation(
        organisation_id=people.organisation.pk,
        values=values(name="Alpenholz", city="Graz"),
        sectors=[],
        by=people.manager,
    )

    response = client.post(f"{PAGE}edit/", {**sent, "city": "Linz"})
    shown = response.content.decode()
    assert response.status_code == 409
    assert 'value="Linz"' in shown, "what was typed"
    assert "Graz" in shown, "what stands there"
    people.organisation.refresh_from_db()
    assert people.organisation.city == "Graz"

    again = response.context["form"]
    assert (
        client.post(f"{PAGE}edit/", {**sent, "city": "Linz", "seen": again["seen"].value()}).status_code
        == 302
    )
    people.organisation.refresh_from_db()
    assert people.organisation.city == "Linz"


@pytest.mark.parametrize("seen", ["", "yesterday", "2020-13-45T00:00:00", "2020-01-01T00:00:00", "x" * 5000])
def test_nonsense_in_the_hidden_field_is_no_crash(client: Client, people: People, seen: str) -> None:
    client.force_login(people.manager)
    assert client.post(f"{PAGE}edit/", form_data(name="Alpenholz", seen=seen)).status_code in {302, 200}


# --- Signed out meanwhile -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("who", "path", "sent", "kept"),
    [
        ("stranger", NEW, {"name": "Kept Cluster", "description": "Typed for an hour"}, "Typed for an hour"),
        (
            "manager",
            f"{PAGE}edit/",
            {"name": "Alpenholz", "description": "Typed for an hour"},
            "Typed for an hour",
        ),
        ("stranger", f"{PAGE}join/", {"message": "Typed for an hour"}, "Typed for an hour"),
    ],
)
def test_what_was_typed_waits_for_signing_in(
    client: Client, people: People, who: str, path: str, sent: dict[str, str], kept: str
) -> None:
    before = state_of_things()
    response = client.post(path, sent)
    assert response.status_code == 302
    assert response["Location"].startswith("/accounts/login/")
    client.force_login(people.get(who))  # type: ignore[arg-type]

    assert kept in client.get(path).content.decode()
    assert kept not in client.get(path).content.decode(), "only once"
    assert state_of_things() == before


def test_reason_waits_for_signing_in(client: Client, people: People) -> None:
    request = JoinRequestFactory.create(organisation=people.organisation)
    path = f"{PAGE}requests/{request.pk}/decline/"
    client.post(path, {"reason": "Because of this and that"})
    client.force_login(people.manager)
    assert "Because of this and that" in client.get(path).content.decode()


# --- Joining --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("message", ["x" * 1001, "Nul\x00byte"])
def test_bad_message_comes_back(writer: Client, message: str) -> None:
    before = state_of_things()
    response = writer.post(f"{PAGE}join/", {"message": message})
    assert response.status_code == 200
    assert "message" in response.context["join_form"].errors
    assert state_of_things() == before


def test_asking_twice_keeps_the_first_message(writer: Client) -> None:
    for message in ("First", "Second"):
        assert writer.post(f"{PAGE}join/", {"message": message}).status_code == 302
    assert [row.message for row in JoinRequest.objects.all()] == ["First"]


@pytest.mark.parametrize("reason", ["", "   ", "x" * 1001, "Nul\x00byte"])
def test_bad_reason_comes_back_at_its_request(client: Client, people: People, reason: str) -> None:
    request = JoinRequestFactory.create(organisation=people.organisation)
    other = JoinRequestFactory.create(organisation=people.organisation)
    client.force_login(people.manager)
    before = state_of_things()

    response = client.post(f"{PAGE}requests/{request.pk}/decline/", {"reason": reason})

    assert response.status_code == 200
    forms = {asked.pk: form for asked, form in response.context["waiting"]}
    assert forms[request.pk].errors
    assert not forms[other.pk].is_bound
    assert state_of_things() == before


def test_fields_of_several_requests_have_names_of_their_own(client: Client, people: People) -> None:
    JoinRequestFactory.create_batch(3, organisation=people.organisation)
    client.force_login(people.manager)
    found = re.findall(r'\bid="([^"]+)"', client.get(f"{PAGE}people/").content.decode())
    assert len(found) == len(set(found))


@pytest.mark.parametrize("path", [NEW, f"{PAGE}edit/", f"{PAGE}people/", PAGE])
def test_what_people_write_is_no_markup(client: Client, people: People, path: str) -> None:
    bad = '"><script>alert(1)</script>'
    Organisation.objects.update(name=bad, city=bad, description=bad)
    OrganisationFactory.create(name=bad)
    JoinRequestFactory.create(organisation=people.organisation, message=bad)
    client.force_login(people.manager)
    language("de")
    for response in (client.get(path), client.post(NEW, form_data(name=bad, description=bad))):
        assert "<script>alert" not in response.content.decode()
