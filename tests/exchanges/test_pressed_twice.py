"""A form that is sent twice makes one, also at the same moment and without a script; the second press ends where the
first one did.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from apps.accounts.models import User
from apps.audit.models import Entry
from apps.exchanges.enums import ApplicationState
from apps.exchanges.models import Offer, Programme, Remark
from apps.exchanges.services import after
from tests.concurrency import at_once
from tests.exchanges.test_offers import posted as offer_posted
from tests.exchanges.test_programmes import posted as programme_posted
from tests.factories.exchanges import Case, OfferFactory, ProgrammeFactory, authority, member_of
from tests.factories.organisations import OrganisationFactory

A = ApplicationState
# Who presses, where the form stands, what is typed into it, and where it is sent.
Press = tuple[User, str, dict[str, Any], str]


def _question() -> Press:
    offer = OfferFactory.create()
    member_of(offer.host)
    asker = member_of(OrganisationFactory.create())
    url = offer.get_absolute_url()
    return asker, url, {"text": "Could we be two?"}, f"{url}ask/"


def _answer() -> Press:
    _asker, url, _typed, address = _question()
    host = member_of(Offer.objects.get().host)
    return host, url, {"text": "Yes, two."}, address


def _offer() -> Press:
    person = member_of(OrganisationFactory.create())
    programme = ProgrammeFactory.create()
    page = reverse("exchanges:offer-create")
    return person, page, offer_posted(programme, person.memberships.get().organisation), page


def _programme() -> Press:
    person = member_of(authority())
    page = reverse("exchanges:programme-create")
    return person, page, programme_posted(person.memberships.get().organisation), page


MAKES: dict[str, tuple[Callable[[], Press], Any]] = {
    "question": (_question, Remark),
    "answer": (_answer, Remark),
    "offer": (_offer, Offer),
    "programme": (_programme, Programme),
}


def _form_of(client: Client, page: str) -> dict[str, str]:
    """The form's own token, as the page holds it for a browser without a script."""
    context = client.get(page).context
    form = context["remark_form"] if "remark_form" in context else context["form"]
    token = str(form["form_token"].value())
    assert f'value="{token}"' in str(form["form_token"])
    return {"form_token": token}


def _ready(name: str) -> tuple[Client, dict[str, Any], str, Any, int]:
    prepare, model = MAKES[name]
    person, page, typed, address = prepare()
    client = Client()
    client.force_login(person)
    return client, typed | _form_of(client, page), address, model, model.objects.count()


@pytest.mark.django_db
@pytest.mark.parametrize("name", MAKES)
def test_form_sent_twice_makes_one_and_leads_to_it(name: str) -> None:
    client, data, address, model, before = _ready(name)
    first, second = client.post(address, data), client.post(address, data)

    assert model.objects.count() == before + 1
    assert first.status_code == second.status_code == 302
    assert first["Location"] == second["Location"]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("name", MAKES)
def test_form_sent_twice_at_the_same_moment_makes_one(name: str) -> None:
    client, data, address, model, before = _ready(name)
    answers: list[Any] = []

    def press() -> None:
        own = Client()
        own.cookies = client.cookies
        answers.append(own.post(address, data))

    at_once(press, press)

    assert [answer.status_code for answer in answers] == [302, 302]
    assert len({answer["Location"] for answer in answers}) == 1
    assert model.objects.count() == before + 1


@pytest.mark.django_db
@pytest.mark.parametrize("name", MAKES)
def test_who_goes_back_and_types_something_else_makes_another(name: str) -> None:
    client, data, address, model, before = _ready(name)
    field = next(field for field in ("text", "name", "title") if field in data)
    for sent in (data, data | {field: "Another"}):
        client.post(address, sent)

    assert model.objects.count() == before + 2


@pytest.mark.django_db
@pytest.mark.parametrize("token", ["", "x", "0" * 40])
def test_form_whose_token_is_gone_is_taken_all_the_same(token: str) -> None:
    client, data, address, model, before = _ready("question")
    for _ in range(2):
        assert client.post(address, data | {"form_token": token}).status_code == 302

    assert model.objects.count() == before + 2


@pytest.mark.django_db
def test_form_of_somebody_else_leads_to_nothing_of_theirs() -> None:
    client, data, address, _model, _before = _ready("question")
    client.post(address, data)
    client.force_login(member_of(OrganisationFactory.create()))
    client.post(address, data)

    assert Remark.objects.values("author").distinct().count() == Remark.objects.count() == 2


@pytest.mark.django_db
@pytest.mark.parametrize(("name", "action"), [("offer", "submit"), ("programme", "open")])
def test_second_press_that_hands_in_or_opens_tells_of_no_mistake(name: str, action: str) -> None:
    client, data, address, model, _before = _ready(name)
    # The first was only saved: the second goes on with the same one.
    for sent in (data, data | {"action": action}, data | {"action": action}):
        answer = client.post(address, sent, follow=True)
    made = model.objects.latest("pk")

    assert made.state == ("submitted" if name == "offer" else "open")
    assert "alert-danger" not in answer.content.decode()


@pytest.mark.django_db
def test_database_keeps_one_for_each_form() -> None:
    client, data, address, _model, _before = _ready("question")
    client.post(address, data)
    made = Remark.objects.get()
    with pytest.raises(IntegrityError, match="remark_once_for_each_form"), transaction.atomic():
        Remark.objects.create(offer=made.offer, author=made.author, text="x", form_key=made.form_key)


@pytest.mark.django_db
def test_answer_of_half_a_year_later_that_is_sent_twice_is_one() -> None:
    case = Case().to(A.CLOSED)
    after.ask_what_changed(application_id=case.pk)
    page = reverse("exchanges:follow-up", args=[case.pk])
    client = Client()
    client.force_login(case.guest)
    form = client.get(page).context["form"]
    data = {"what_changed": "We count now.", "may_publish": "on", "seen": form["seen"].value()}
    answers = [client.post(page, data) for _ in range(2)]

    assert [(answer.status_code, answer["Location"]) for answer in answers] == [
        (302, case.application.get_absolute_url())
    ] * 2
    assert Entry.objects.about(case.application).filter(action="what changed answered").count() == 1


@pytest.mark.django_db
def test_one_form_sent_to_two_offers_asks_at_both(client: Client) -> None:
    asker, _page, typed, _address = _question()
    client.force_login(asker)
    typed["form_token"] = str(uuid.uuid4())

    for offer in OfferFactory.create_batch(2):
        assert client.post(f"{offer.get_absolute_url()}ask/", typed).status_code == 302

    assert Remark.objects.count() == 2
