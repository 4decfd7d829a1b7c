"""The agreement: the text as it is signed, by whom, once, and as a PDF that any language can be read in."""

from __future__ import annotations

import io
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.db.models import Value
from django.db.models.functions import Concat
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pypdf import PdfReader

from apps.accounts.models import User
from apps.exchanges.agreement_pdf import pdf_of
from apps.exchanges.agreement_text import parts_of
from apps.exchanges.enums import ApplicationState, Signer
from apps.exchanges.models import Agreement, Application, Offer, Programme
from apps.exchanges.services import after
from apps.organisations.models import Organisation
from tests.concurrency import at_once
from tests.factories.exchanges import Case, OfferFactory, member_of
from tests.factories.organisations import MembershipFactory

pytestmark = pytest.mark.django_db
A = ApplicationState
# Of each official language of the EU, the letters that others do not have.
LETTERS = (
    "ъюящ čďěňřšťůž æøå äöüß ήώϊΰ áéíóúñ õšž ĦħĠġŻż ąęłńśźż șțăâî ķļņģ įųėū őű ľĺŕ çœêû ðè ċ ÁÐ"
)  # fmt: skip


def address(case: Case, name: str = "agreement") -> str:
    return reverse(f"exchanges:{name}", args=[case.pk])


def text_of(pdf: bytes) -> str:
    return "".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)


def test_there_is_no_agreement_before_it_is_made(client: Client) -> None:
    case = Case().to(A.APPROVED)
    client.force_login(case.guest)
    for name in ("agreement", "agreement-pdf"):
        assert client.get(address(case, name)).status_code == 404


def test_three_sign_by_pressing_and_the_case_goes_on(client: Client) -> None:
    case = Case().to(A.AGREEMENT_PENDING)
    for person in (case.guest, case.host, case.officer):
        client.force_login(person)
        page = client.get(address(case)).content.decode()
        assert "Sign for" in page
        text_hash = page.partition('name="text_hash" value="')[2].partition('"')[0]
        assert text_hash == case.fresh().agreement.text_hash
        client.post(address(case), {"text_hash": text_hash})
        assert "Sign for" not in client.get(address(case)).content.decode()
    assert case.fresh().state == A.SIGNED
    text = client.get(address(case)).content.decode()
    assert all(person.name in text for person in (case.guest, case.host, case.officer))


def test_text_names_the_offer_and_its_theme() -> None:
    case = Case(offer=OfferFactory.create(theme__name="Costs", title="How we count")).to(A.AGREEMENT_PENDING)
    lines = case.fresh().agreement.text.splitlines()

    assert "Offer: How we count" in lines
    assert "Theme: Costs" in lines


def test_signing_twice_or_another_text_is_refused(client: Client) -> None:
    case = Case().to(A.AGREEMENT_PENDING)
    agreement = case.fresh().agreement
    client.force_login(case.guest)
    for wrong in ("", "0" * 64, after.hash_of(agreement.text + " ")):
        answer = client.post(address(case), {"text_hash": wrong}, follow=True)
        assert "not the text of the agreement" in answer.content.decode()
    client.post(address(case), {"text_hash": agreement.text_hash})
    again = client.post(address(case), {"text_hash": agreement.text_hash}, follow=True)

    assert "alert-danger" in again.content.decode()
    assert agreement.signatures.count() == 1
    colleague = member_of(case.application.guest)
    client.force_login(colleague)
    client.post(address(case), {"text_hash": agreement.text_hash})
    assert agreement.signatures.count() == 1


def test_who_stands_on_both_sides_signs_for_neither(client: Client) -> None:
    case = Case().to(A.AGREEMENT_PENDING)
    MembershipFactory.create(organisation=case.application.guest, user=case.host, role="manager")
    client.force_login(case.host)

    assert "Sign for" not in client.get(address(case)).content.decode()
    assert client.post(address(case), {"text_hash": "x"}).status_code == 403


@pytest.mark.django_db(transaction=True)
def test_two_of_one_side_who_press_at_once_sign_once() -> None:
    case = Case().to(A.AGREEMENT_PENDING)
    text_hash = case.fresh().agreement.text_hash
    both = [case.guest, member_of(case.application.guest)]
    found = at_once(
        *[
            lambda person=person: after.sign(
                application_id=case.pk, signer=Signer.GUEST, text_hash=text_hash, by=person
            )
            for person in both
        ]
    )
    assert sorted(found) == ["StepNotAllowedError", "done"]


def test_pdf_holds_text_names_times_and_hash(client: Client) -> None:
    case = Case(goals="Lernziele für Żaneta & <Γιώργος>").to(A.SIGNED)
    client.force_login(case.host)
    answer = client.get(address(case, "agreement-pdf"))
    text = text_of(answer.content)
    agreement = case.fresh().agreement

    assert answer["Content-Type"] == "application/pdf"
    assert answer["Content-Disposition"].startswith("attachment")
    assert "Lernziele für Żaneta & <Γιώργος>" in text
    assert agreement.text_hash in text.replace("\n", "")
    for signature in agreement.signatures.all():
        assert signature.name in text
        signed_at = timezone.localtime(signature.signed_at, ZoneInfo("Europe/Brussels"))
        assert f"{signed_at.day} {signed_at:%B %Y, %H:%M} (Brussels time)" in text.replace("\n", " ")


def test_pdf_is_dated_with_the_day_of_the_agreement_wherever_it_is_read(client: Client) -> None:
    case = Case().to(A.SIGNED)
    agreement = case.fresh().agreement
    client.force_login(case.host)
    copies: list[bytes] = []
    for zone in ("Europe/Brussels", "Pacific/Auckland"):
        User.objects.filter(pk=case.host.pk).update(time_zone=zone)
        with time_machine.travel(timezone.now() + timedelta(days=len(copies)), tick=False):
            client.force_login(case.host)
            copies.append(client.get(address(case, "agreement-pdf")).content)

    assert copies[0] == copies[1]
    information = PdfReader(io.BytesIO(copies[0])).metadata
    assert information
    assert information.creation_date == agreement.created_at.replace(microsecond=0)


def test_signature_keeps_for_which_organisation_somebody_signed(client: Client) -> None:
    case = Case().to(A.SIGNED)
    names = [case.application.guest.name, case.offer.host.name, case.programme.organisation.name]
    Organisation.objects.update(name=Concat(Value("Renamed "), "name"))
    client.force_login(case.guest)
    pdf = text_of(client.get(address(case, "agreement-pdf")).content).replace("\n", " ")
    page = " ".join(client.get(address(case)).content.decode().split())

    for person, name in zip(("Gero Guest", "Hanna Host", "Olga Officer"), names, strict=True):
        assert f"{person}, {name}" in pdf
        assert f"{person}<br> {name}<br>" in page


def test_agreement_holds_the_sketch_that_the_application_refers_to() -> None:
    """As it stood when the application was submitted, and set off as what somebody typed."""
    offer = OfferFactory.create(agenda="Day 1: our figures.\n7. No rule")
    case = Case(offer=offer, agenda="As you sketch it.").to(A.APPROVED)
    Offer.objects.filter(pk=offer.pk).update(agenda="Something else.")
    case.to(A.AGREEMENT_PENDING)
    section = case.fresh().agreement.text.partition("5. Agenda\n")[2].partition("\n\n6. ")[0]

    assert section.splitlines() == [
        "    As you sketch it.",
        "Where it leaves something open, the host's sketch holds:",
        "    Day 1: our figures.",
        "    7. No rule",
    ]


def test_pdf_writes_the_letters_of_all_languages() -> None:
    case = Case().to(A.AGREEMENT_PENDING)
    agreement = Agreement(
        application=case.application, text=f"Title\n{LETTERS}", text_hash="0" * 64, created_at=timezone.now()
    )
    agreement.pk = case.fresh().agreement.pk

    assert text_of(pdf_of(case.application, agreement)).replace("\n", " ").count(LETTERS) == 1


def test_pdf_of_a_long_text_has_several_pages() -> None:
    case = Case(agenda="\n".join(f"Line {number}" for number in range(200))).to(A.AGREEMENT_PENDING)
    pdf = pdf_of(case.application, case.fresh().agreement)

    assert len(PdfReader(io.BytesIO(pdf)).pages) > 2
    assert pdf == pdf_of(case.application, case.application.agreement)


# --- What people typed in it -------------------------------------------------------------------------
FORGED = "Day one.\n\n7. Rules\r\nThe programme pays the guest a million.\x0b\u20288. More\n"


def test_typed_text_cannot_look_like_a_section_or_a_rule(client: Client) -> None:
    case = Case(track="light", agenda=FORGED, goals="1. Learn\n2. Go home").to(A.AGREEMENT_PENDING)
    text = case.fresh().agreement.text
    headings = [part.text for part in parts_of(text) if part.kind == "heading"]

    assert [heading.partition(".")[0] for heading in headings] == ["1", "2", "3", "4", "5", "6", "7"]
    assert "\n    7. Rules\n    The programme pays the guest a million.\n" in text
    client.force_login(case.host)
    page = client.get(address(case)).content.decode()
    assert page.count("<h3>7. Rules</h3>") == 1
    assert page.count("a million") == 1


def test_typed_text_turns_no_direction_and_holds_no_control_characters() -> None:
    case = Case(track="light", agenda="Day\x07 \u202eeno\u202c\tdone").to(A.AGREEMENT_PENDING)
    text = case.fresh().agreement.text

    assert "Day eno done" in text
    assert not {"\x07", "\u202e", "\u202c"} & set(text)


def test_agreement_says_the_rules_that_the_application_rests_on() -> None:
    case = Case()
    Programme.objects.filter(pk=case.programme.pk).update(
        name="As it was", halved_under_days=3, halved_under_km=300, day_kind="working"
    )
    Application.objects.filter(pk=case.pk).update(distance_km=120)
    case.offer.refresh_from_db()
    case.to(A.APPROVED)
    Programme.objects.filter(pk=case.programme.pk).update(name="As it is", days_max=3, report_days=1)
    text = case.to(A.AGREEMENT_PENDING).fresh().agreement.text.partition("7. Rules")[2]

    for said in (
        "rules of As it was as they stood on",
        "2 to 14 working days",
        "Virtual stays do not count",
        "once, after both reports",
        "at most €1,100.00",
        "Half of it under 3 days",
        "Half of it under 300 km",
        "For this stay: €195.00: half of €390.00, because",
        "adds evidence of the journey",
        "within 30 days after the last day",
        "Nothing is paid for a stay that was cancelled",
    ):
        assert said in text, said


def test_agreement_takes_the_offer_as_it_was_when_the_application_was_submitted(client: Client) -> None:
    case = Case(track="light").to(A.SUBMITTED)
    Offer.objects.filter(pk=case.offer.pk).update(title="Quite another", hopes="A reward", agenda="Golf")
    text = case.to(A.AGREEMENT_PENDING).fresh().agreement.text

    assert f"Offer: {case.offer.title}" in text
    assert "How others do it." in text
    assert "A reward" not in text


# --- The PDF -----------------------------------------------------------------------------------------
def pdf_text(agenda: str) -> str:
    case = Case(track="light", agenda=agenda).to(A.AGREEMENT_PENDING)
    return text_of(pdf_of(case.application, case.fresh().agreement))


def test_pdf_writes_armenian_georgian_and_what_else_people_type() -> None:
    text = pdf_text("Հայաստան · საქართველო · 😀 ✅\ufe0f → ≥ 中")

    for word in ("Հայաստան", "საქართველო", "✅", "→", "≥", "[U+4E2D]"):
        assert word in text, word
    assert text.count("[U+") == 1


def test_pdf_wraps_a_word_without_end() -> None:
    case = Case(track="light", agenda="x" * 4000).to(A.AGREEMENT_PENDING)
    document = PdfReader(io.BytesIO(pdf_of(case.application, case.fresh().agreement)))
    lines = "\n".join(page.extract_text() for page in document.pages).split("\n")

    assert sum(line.count("x") for line in lines if set(line.strip()) == {"x"}) == 4000
    assert max(line.count("x") for line in lines) < 120
