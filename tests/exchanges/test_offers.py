"""The page of an offer: what each reader sees and may press, the form, the steps, and the questions to the host."""

from __future__ import annotations

import html
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.accounts.models import User
from apps.core.exceptions import HubError
from apps.core.tasklist import todos_for
from apps.exchanges import permissions
from apps.exchanges.enums import OFFER_STEPS, OfferState
from apps.exchanges.exceptions import NotReadyError
from apps.exchanges.models import Offer, OfferWindow, Officer, Remark
from apps.exchanges.services import offers as services
from tests.factories.accounts import UserFactory
from tests.factories.exchanges import (
    FIRST_DAY,
    ApplicationFactory,
    Case,
    OfferFactory,
    ProgrammeFactory,
    member_of,
)
from tests.factories.organisations import MembershipFactory, OrganisationFactory
from tests.factories.taxonomy import LanguageFactory, TopicFactory

pytestmark = pytest.mark.django_db
NEW = "/exchanges/new/"
ROLES = ["anonymous", "stranger", "member of host", "author", "manager of host", "officer", "officer of host"]


class People:
    """An offer with one person of every role around it."""

    def __init__(self, **given: Any) -> None:
        self.offer = OfferFactory.create(**given)
        host, programme = self.offer.host, self.offer.programme
        author = member_of(host, role="member")
        Offer.objects.filter(pk=self.offer.pk).update(author=author)
        officer = member_of(programme.organisation, role="member")
        both = member_of(programme.organisation, role="member")
        MembershipFactory.create(organisation=host, user=both)
        for person in (officer, both):
            Officer.objects.create(programme=programme, user=person)
        self.of: dict[str, User | None] = {
            "anonymous": None, "stranger": UserFactory.create(), "member of host": member_of(host, role="member"),
            "author": author, "manager of host": member_of(host), "officer": officer, "officer of host": both,
        }  # fmt: skip

    def client(self, role: str) -> Client:
        client, person = Client(), self.of[role]
        if person:
            client.force_login(person)
        return client

    @property
    def url(self) -> str:
        return self.offer.get_absolute_url()


def given(state: str) -> dict[str, Any]:
    """An offer as it is in this state."""
    now = timezone.now()
    was_open = state in ("open", "full", "paused", "closed")
    return {
        "state": state,
        "submitted_at": now if state != "draft" else None,
        "opened_at": now if was_open else None,
    }


def text_of(response: Any) -> str:
    return str(response.content.decode())


def posted(programme: Any = None, host: Any = None, **values: Any) -> dict[str, Any]:
    """What the browser sends."""
    data = {
        "title": "Measuring together", "theme": TopicFactory.create().pk, "level": "mixed", "language": "en",
        "learning": "How we count.", "hopes": "How you count.", "agenda": "Three days.",
        "languages": [LanguageFactory.create().pk], "city": "Graz", "places": "2", "prior_contact": "",
        "windows-TOTAL_FORMS": "2", "windows-INITIAL_FORMS": "0",
        "windows-0-starts_on": FIRST_DAY.isoformat(), "windows-0-ends_on": (FIRST_DAY + timedelta(days=9)).isoformat(),
        "windows-1-starts_on": "", "windows-1-ends_on": "", "action": "save",
    }  # fmt: skip
    if programme:
        data |= {"programme": programme.pk, "host": host.pk}
    return data | values


# --- Who sees it, and which buttons -------------------------------------------------------------------

SEES = {
    "draft": {"author", "manager of host"},
    "submitted": {"author", "manager of host", "officer", "officer of host"},
    "open": set(ROLES),
    "full": set(ROLES),
    "paused": set(ROLES),
    "closed": set(ROLES),
}
HOST = {
    "draft": {"submit", "close"},
    "submitted": {"take-back", "close"},
    "open": {"pause", "close"},
    "full": {"pause", "close"},
    "paused": {"resume", "close"},
    "closed": set(),
}


@pytest.mark.parametrize("state", OfferState.values)
def test_each_role_sees_and_presses_what_it_may(state: str) -> None:
    people = People(**given(state))
    for role in ROLES:
        response = people.client(role).get(people.url)
        assert response.status_code == (200 if role in SEES[state] else 404), role
        if response.status_code == 404:
            continue
        expected = HOST[state] if role in ("author", "manager of host") else set()
        if role == "officer" and state == "submitted":
            expected = {"open", "return"}
        page = text_of(response)
        pressable = {
            step for step in ("submit", "take-back", "open", "return", "pause", "resume", "close")
            if f'action="{people.url}{step}/"' in page
        }  # fmt: skip
        assert pressable == expected, role
        assert (f'href="{people.url}edit/"' in page) == (
            role in ("author", "manager of host") and state != "closed"
        ), role


@pytest.mark.parametrize("state", OfferState.values)
def test_list_and_permission_agree(state: str) -> None:
    people = People(**given(state))
    offer = Offer.objects.for_list().get(pk=people.offer.pk)
    for role, person in people.of.items():
        if person:
            seen = Offer.objects.visible_to(person).filter(pk=offer.pk).exists()
            assert seen == permissions.can_view_offer(person, offer), role


@pytest.mark.parametrize("state", OfferState.values)
@pytest.mark.parametrize("role", ROLES)
def test_step_is_taken_by_whom_it_belongs_to_and_from_where_it_may(role: str, state: str) -> None:
    """Every button by everybody from every state: only what the page offers changes anything."""
    targets = {"submit": "submitted", "take-back": "draft", "open": "open", "pause": "paused", "resume": "open",
               "close": "closed"}  # fmt: skip
    people = People(**given(state))
    for step, target in targets.items():
        Offer.objects.filter(pk=people.offer.pk).update(**given(state))
        may = (role in ("author", "manager of host") and step in HOST[state]) or (
            role == "officer" and state == "submitted" and step == "open"
        )
        response = people.client(role).post(f"{people.url}{step}/")
        people.offer.refresh_from_db()
        assert response.status_code in {302, 403, 404}
        assert people.offer.state == (target if may else state), step
        if may:
            assert target in OFFER_STEPS[state]


def test_steps_are_no_links() -> None:
    people = People()
    for step in ("submit", "take-back", "open", "pause", "resume", "close"):
        assert people.client("author").get(f"{people.url}{step}/").status_code == 405


def test_signed_out_step_leads_to_sign_in_and_back_to_the_offer() -> None:
    people = People()
    response = people.client("anonymous").post(f"{people.url}pause/")
    assert response["Location"] == f"/accounts/login/?next={people.url}"


def test_officer_asks_for_changes_with_a_reason() -> None:
    people = People(**given("submitted"))
    client = people.client("officer")
    response = client.post(f"{people.url}return/", {"reason": " "})
    assert "Please give a reason" in text_of(response)
    client.post(f"{people.url}return/", {"reason": "Please name the languages."})

    people.offer.refresh_from_db()
    assert people.offer.state == "draft"
    assert "Please name the languages." in text_of(people.client("author").get(people.url))
    author: Any = people.of["author"]
    assert any("Make the changes asked for" in todo.title for todo in todos_for(author))


@pytest.mark.parametrize("role", ["stranger", "author", "officer of host"])
def test_nobody_else_asks_for_changes(role: str) -> None:
    people = People(**given("submitted"))
    response = people.client(role).post(f"{people.url}return/", {"reason": "No."})
    people.offer.refresh_from_db()
    assert response.status_code in {403, 404}
    assert people.offer.state == "submitted"


# --- What the page says -------------------------------------------------------------------------------


def test_page_says_all_that_a_guest_needs(client: Client) -> None:
    people = People(city="Graz", places=3, prior_contact="We met in Brno.")
    page = text_of(client.get(people.url))

    for words in (
        "How we count what members gain.", "How others do it.", "Three days, three visits.", "Graz", "English",
        "Cluster managers, Policy makers", "2 to 14 days, weekends included", "€1,100.00",
        "€390.00 from 2 days.", "(Brussels time)", "up to 60 minutes later is still taken",
        "The host answers within 14 days.", "decides within 30 days after that",
    ):  # fmt: skip
        assert words in page, words
    assert page.count("later is still taken") == 1
    assert "We met in Brno." not in page
    assert f'href="{people.url}apply/"' in page


@pytest.mark.parametrize(
    ("role", "label", "signs_in"),
    [
        ("anonymous", "Your question", True),
        ("stranger", "Your question", False),
        ("member of host", "Your question or answer", False),
    ],
)
def test_form_for_questions_fits_the_reader(role: str, label: str, signs_in: bool) -> None:
    people = People()
    response = people.client(role).get(people.url)

    assert response.context["remark_form"].fields["text"].label == label
    assert ("You sign in, or create an account, when you send it." in text_of(response)) is signs_in


@pytest.mark.parametrize("change", [{"state": "closed"}, {"programme__state": "closed"}], ids=str)
def test_nobody_is_asked_for_questions_on_a_closed_offer(client: Client, change: dict[str, Any]) -> None:
    page = text_of(client.get(OfferFactory.create(**change).get_absolute_url()))

    assert "Questions and answers" in page
    assert "Ask the host" not in page


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"state": "full"}, "All places of this offer are taken."),
        ({"state": "paused"}, "takes no applications at present"),
        ({"programme__state": "paused"}, "takes no applications at present"),
        ({"programme__closes_at": timedelta(hours=-2)}, "The time for applications is over."),
        ({"programme__opens_at": timedelta(days=2)}, "Applications are taken from"),
    ],
    ids=str,
)
def test_apply_is_not_offered_while_nobody_can(client: Client, change: dict[str, Any], why: str) -> None:
    now = timezone.now()
    change = {name: now + value if isinstance(value, timedelta) else value for name, value in change.items()}
    page = text_of(client.get(OfferFactory.create(**change).get_absolute_url()))

    assert "/apply/" not in page
    assert why in page


def test_apply_is_still_offered_in_the_grace(client: Client) -> None:
    now = timezone.now()
    offer = OfferFactory.create(programme__closes_at=now - timedelta(minutes=59))
    assert "/apply/" in text_of(client.get(offer.get_absolute_url()))


@pytest.mark.parametrize("role", ["member of host", "author", "manager of host"])
def test_nobody_applies_to_themselves(role: str) -> None:
    people = People()
    page = text_of(people.client(role).get(people.url))
    assert "/apply/" not in page
    assert "You belong to the host" in page


@pytest.mark.parametrize(
    ("kinds", "may_apply"),
    [(["provider"], False), (["dih", "company"], False), (["provider", "cluster"], True)],
)
def test_offer_says_that_its_programme_does_not_take_those_who_read_it(
    django_assert_num_queries: Any, kinds: list[str], may_apply: bool
) -> None:
    people = People()
    stranger, client = people.of["stranger"], people.client("stranger")
    client.get(people.url)
    with CaptureQueriesContext(connection) as alone:
        client.get(people.url)
    houses = [OrganisationFactory.create(kind=kind) for kind in kinds]
    for house in houses:
        MembershipFactory.create(organisation=house, user=stranger)
    with django_assert_num_queries(len(alone)):
        page = " ".join(html.unescape(text_of(client.get(people.url))).split())

    assert ("/apply/" in page) is may_apply
    assert ("This programme is for others: Cluster manager" in page) is not may_apply
    for house in houses:
        assert (f"Who belongs to {house.name} travels as:" in page) is not may_apply


def test_page_costs_the_same_with_one_question_and_with_twenty(django_assert_max_num_queries: Any) -> None:
    people = People()
    client = people.client("stranger")
    Remark.objects.create(offer=people.offer, author=UserFactory.create(), text="One?")
    client.get(people.url)
    with django_assert_max_num_queries(35) as first:
        client.get(people.url)
    for number in range(20):
        Remark.objects.create(offer=people.offer, author=UserFactory.create(), text=f"{number}?")
        OfferWindow.objects.create(offer=people.offer, starts_on=FIRST_DAY, ends_on=FIRST_DAY)
    with django_assert_max_num_queries(len(first)):
        assert "19?" in text_of(client.get(people.url))


# --- Questions and answers ----------------------------------------------------------------------------


def test_signed_in_people_ask_and_the_host_answers(mailoutbox: Any) -> None:
    people = People()
    people.client("stranger").post(f"{people.url}ask/", {"text": "Could we be two?"})
    people.client("author").post(f"{people.url}ask/", {"text": "Yes."})

    page = text_of(people.client("member of host").get(people.url))
    assert page.index("Could we be two?") < page.index("Yes.")
    assert page.count(">Host<") == 1
    assert "Could we be two?" not in text_of(people.client("anonymous").get(people.url))


def test_host_sees_on_the_dashboard_that_somebody_waits_for_an_answer() -> None:
    people = People()
    author: Any = people.of["author"]
    assert not todos_for(author)
    people.client("stranger").post(f"{people.url}ask/", {"text": "Could we be two?"})
    assert [todo.url for todo in todos_for(author)] == [f"{people.url}#questions"]
    people.client("manager of host").post(f"{people.url}ask/", {"text": "Yes."})
    assert not todos_for(author)


def test_hidden_question_is_shown_to_nobody() -> None:
    people = People()
    Remark.objects.create(offer=people.offer, author=UserFactory.create(), text="Buy this!", is_hidden=True)
    assert "Buy this!" not in text_of(people.client("author").get(people.url))


def test_sign_in_keeps_the_question() -> None:
    people = People()
    client = people.client("anonymous")
    response = client.post(f"{people.url}ask/", {"text": "Could we be two?"})
    assert response["Location"].startswith("/accounts/login/?next=")
    stranger: Any = people.of["stranger"]
    client.force_login(stranger)
    assert "Could we be two?" in text_of(client.get(f"{people.url}ask/"))
    assert not Remark.objects.exists()


@pytest.mark.parametrize("text", ["", "   ", "x" * 2001, "a\x00b"])
def test_bad_question_is_refused_with_a_message(text: str) -> None:
    people = People()
    response = people.client("stranger").post(f"{people.url}ask/", {"text": text})
    assert response.status_code == 200
    assert not Remark.objects.exists()


@pytest.mark.parametrize("state", ["draft", "submitted", "closed"])
def test_nobody_asks_what_is_not_in_the_catalogue(state: str) -> None:
    people = People(**given(state))
    response = people.client("manager of host").post(f"{people.url}ask/", {"text": "Me?"})
    assert response.status_code == 409
    assert not Remark.objects.exists()


# --- The form -----------------------------------------------------------------------------------------


@pytest.fixture
def host(client: Client) -> User:
    """A manager of one organisation, signed in."""
    person = member_of(OrganisationFactory.create())
    client.force_login(person)
    return person


def own(person: User) -> Any:
    return person.memberships.get().organisation


def test_offer_is_made_and_submitted_with_one_form(client: Client, host: User) -> None:
    programme = ProgrammeFactory.create()
    response = client.post(NEW, posted(programme, own(host), action="submit"))
    offer = Offer.objects.get()

    assert response["Location"] == offer.get_absolute_url()
    assert (offer.state, offer.places, offer.windows.count()) == ("submitted", 2, 1)
    assert [language.code for language in offer.languages.all()] == ["en"]


def test_what_is_missing_is_named_and_nothing_typed_is_lost(client: Client, host: User) -> None:
    programme = ProgrammeFactory.create()
    data = posted(programme, own(host), action="submit", hopes="", languages=[])
    page = text_of(client.post(NEW, data, follow=True))
    offer = Offer.objects.get()

    assert offer.state == "draft"
    assert offer.learning == "How we count."
    assert f'href="{offer.get_absolute_url()}edit/#id_hopes"' in page
    assert f'href="{offer.get_absolute_url()}edit/#id_languages_0"' in page
    assert 'id="id_hopes"' in text_of(client.get(f"{offer.get_absolute_url()}edit/"))


def test_another_period_keeps_what_was_typed_and_saves_nothing(client: Client, host: User) -> None:
    programme = ProgrammeFactory.create()
    data = posted(programme, own(host), action="more", title="", learning="Half a sen")
    data["windows-1-starts_on"] = "not a day"
    page = text_of(client.post(NEW, data))

    assert not Offer.objects.exists()
    assert "Half a sen" in page
    assert FIRST_DAY.isoformat() in page
    assert "not a day" in page
    assert 'id="id_windows-3-starts_on"' in page
    assert "Please check what is marked" not in page


def test_form_is_kept_over_a_sign_in(client: Client) -> None:
    person = member_of(OrganisationFactory.create())
    programme = ProgrammeFactory.create()
    assert client.post(NEW, posted(programme, own(person)))["Location"].startswith("/accounts/login/")
    client.force_login(person)
    page = text_of(client.get(NEW))
    assert "Measuring together" in page
    assert FIRST_DAY.isoformat() in page


BAD: dict[str, dict[str, Any]] = {
    "no title": {"title": ""},
    "long title": {"title": "x" * 161},
    "no theme": {"theme": ""},
    "no such theme": {"theme": "999999"},
    "no places": {"places": "0"},
    "too many places": {"places": "21"},
    "places that overflow": {"places": "9" * 30},
    "other level": {"level": "x"},
    "other language": {"languages": ["999999"]},
    "nul byte": {"learning": "a\x00b"},
    "days upside down": {"windows-0-starts_on": "2027-05-09", "windows-0-ends_on": "2027-05-01"},
    "one day only": {"windows-0-ends_on": ""},
    "no day": {"windows-0-ends_on": "2027-02-30"},
    "until after our time": {"windows-0-ends_on": "9999-12-31"},
    "from before our time": {"windows-0-starts_on": "0001-01-01"},
    "no rows": {"windows-TOTAL_FORMS": "x"},
    "too many rows": {"windows-TOTAL_FORMS": "5000"},
    "other host": {"host": "999999"},
    "other programme": {"programme": "999999"},
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_bad_input_gets_a_message(client: Client, host: User, name: str) -> None:
    programme = ProgrammeFactory.create()
    response = client.post(NEW, posted(programme, own(host)) | BAD[name])

    assert response.status_code == 200
    assert "Please check what is marked below" in text_of(response)
    assert not Offer.objects.exists()


def test_nobody_offers_for_others_or_in_a_closed_programme(client: Client, host: User) -> None:
    programme, other = ProgrammeFactory.create(), OrganisationFactory.create()
    closed = ProgrammeFactory.create(state="closed")
    client.post(NEW, posted(programme, other))
    client.post(NEW, posted(closed, own(host)))
    assert not Offer.objects.exists()


def test_who_belongs_nowhere_is_told_what_to_do(client: Client, user: User) -> None:
    ProgrammeFactory.create()
    client.force_login(user)
    assert "/clusters/" in text_of(client.get(NEW))
    assert client.post(NEW, posted()).status_code == 200
    assert not Offer.objects.exists()


def test_form_waits_for_a_programme_that_takes_offers(client: Client, host: User) -> None:
    ProgrammeFactory.create(state="paused")
    assert "No programme takes offers at present" in text_of(client.get(NEW))


def test_programme_asked_for_is_chosen(client: Client, host: User) -> None:
    ProgrammeFactory.create_batch(2)
    wanted = ProgrammeFactory.create(slug="wanted")
    form = client.get(NEW, {"programme": "wanted"}).context["form"]
    assert form["programme"].value() == wanted.pk
    assert client.get(NEW, {"programme": "a\x00b"}).status_code == 400


@pytest.mark.parametrize(
    ("role", "status"),
    [("anonymous", 302), ("stranger", 403), ("member of host", 403), ("officer", 403), ("author", 200),
     ("manager of host", 200)],
)  # fmt: skip
def test_only_the_host_edits(role: str, status: int) -> None:
    people = People()
    assert people.client(role).get(f"{people.url}edit/").status_code == status
    people.client(role).post(f"{people.url}edit/", posted(title="Changed"))
    people.offer.refresh_from_db()
    assert (people.offer.title == "Changed") == (status == 200)


def test_edit_shows_what_stands_there_and_an_empty_row_takes_a_period_out() -> None:
    people = People()
    client = people.client("author")
    form = client.get(f"{people.url}edit/").context["form"]
    assert form["title"].value() == people.offer.title
    assert form.rows["windows"].initial == list(people.offer.windows.values("starts_on", "ends_on"))

    client.post(f"{people.url}edit/", posted(**{"windows-0-starts_on": "", "windows-0-ends_on": ""}))
    assert not people.offer.windows.exists()


def test_change_in_between_is_no_reason_to_lose_what_was_typed() -> None:
    people = People()
    client = people.client("author")
    seen = client.get(f"{people.url}edit/").context["form"]["seen"].value()
    people.client("manager of host").post(f"{people.url}edit/", posted(title="Theirs"))
    response = client.post(f"{people.url}edit/", posted(title="Mine", seen=seen))

    page = text_of(response)
    assert response.status_code == 409
    assert 'value="Mine"' in page
    assert "Title: Theirs" in page
    again = response.context["form"]["seen"].value()
    assert client.post(f"{people.url}edit/", posted(title="Mine", seen=again)).status_code == 302
    people.offer.refresh_from_db()
    assert people.offer.title == "Mine"


def test_theme_stands_still_after_the_first_application() -> None:
    people = People()
    other = TopicFactory.create(code="costs")
    ApplicationFactory.create(offer=people.offer)
    client = people.client("author")
    assert not client.get(f"{people.url}edit/").context["form"].fields["theme"].disabled

    case = Case(offer=people.offer).to("submitted")
    page = client.get(f"{people.url}edit/")
    assert page.context["form"].fields["theme"].disabled
    assert "so it cannot change any more" in text_of(page)
    client.post(f"{people.url}edit/", posted(theme=other.pk, title="Changed"))
    people.offer.refresh_from_db()
    assert (people.offer.title, people.offer.theme) == ("Changed", case.offer.theme)


# --- Rules of the services ----------------------------------------------------------------------------


def test_full_offer_opens_again_when_it_gets_new_dates() -> None:
    offer = OfferFactory.create(
        programme__track="light", windows=[(FIRST_DAY, FIRST_DAY + timedelta(days=4))]
    )
    case = Case(offer=offer).to("approved")
    offer.refresh_from_db()
    assert offer.state == "full"
    later = FIRST_DAY + timedelta(days=20)
    windows = [services.WindowValues(FIRST_DAY, later)]
    services.update_offer(offer_id=offer.pk, values={}, languages=[], windows=windows, by=case.host)
    offer.refresh_from_db()
    assert offer.state == "open"


def test_resumed_offer_without_room_is_full() -> None:
    offer = OfferFactory.create(
        programme__track="light", windows=[(FIRST_DAY, FIRST_DAY + timedelta(days=4))]
    )
    case = Case(offer=offer).to("approved")
    services.pause_offer(offer_id=offer.pk, by=case.host)
    assert services.resume_offer(offer_id=offer.pk, by=case.host).state == "full"


def test_period_outside_of_the_programme_is_no_period() -> None:
    people = People(**given("draft"))
    people.offer.windows.update(
        starts_on=FIRST_DAY + timedelta(days=900), ends_on=FIRST_DAY + timedelta(days=905)
    )
    author: Any = people.of["author"]
    with pytest.raises(NotReadyError) as refused:
        services.submit_offer(offer_id=people.offer.pk, by=author)
    assert [name for name, _message in refused.value.problems] == ["windows"]


@pytest.mark.parametrize("day_kind", ["calendar", "working"])
def test_offer_without_room_for_the_shortest_stay_is_neither_submitted_nor_opened(day_kind: str) -> None:
    people = People(**given("draft"))
    author, officer = people.of["author"], people.of["officer"]
    assert author
    assert officer
    programme, windows = people.offer.programme, people.offer.windows
    type(programme).objects.update(days_min=3, day_kind=day_kind)
    monday = FIRST_DAY - timedelta(days=FIRST_DAY.weekday())
    windows.update(starts_on=monday, ends_on=monday + timedelta(days=1))
    with pytest.raises(NotReadyError) as refused:
        services.submit_offer(offer_id=people.offer.pk, by=author)
    [(name, message)] = refused.value.problems
    assert name == "windows"
    assert ("3 days" if day_kind == "calendar" else "3 working days") in message
    windows.update(ends_on=monday + timedelta(days=2))
    services.submit_offer(offer_id=people.offer.pk, by=author)
    type(programme).objects.update(stays_until=monday + timedelta(days=1))
    with pytest.raises(HubError, match="shortest stay"):
        services.open_offer(offer_id=people.offer.pk, by=officer)
    type(programme).objects.update(stays_until=monday + timedelta(days=2))
    assert services.open_offer(offer_id=people.offer.pk, by=officer).state == "open"


def test_officer_sees_how_many_offers_wait() -> None:
    people = People(**given("submitted"))
    officer, both = people.of["officer"], people.of["officer of host"]
    assert officer
    assert both
    assert [todo.url for todo in todos_for(officer)] == [people.url]
    assert not todos_for(both)
    services.open_offer(offer_id=people.offer.pk, by=officer)
    assert not todos_for(officer)


def test_two_officers_open_it_once() -> None:
    people = People(**given("submitted"))
    officer: Any = people.of["officer"]
    services.open_offer(offer_id=people.offer.pk, by=officer)
    with pytest.raises(HubError):
        services.open_offer(offer_id=people.offer.pk, by=officer)
