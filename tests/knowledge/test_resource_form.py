"""Adding and editing a resource through its form, as a browser sends it."""

from __future__ import annotations

import json
import re
import uuid
from functools import partial
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.accounts.models import User
from apps.audit.models import Entry
from apps.files.models import StoredFile
from apps.knowledge import form_steps
from apps.knowledge.content import UNTITLED
from apps.knowledge.forms import title_of_name
from apps.knowledge.models import Resource
from apps.organisations.models import Organisation
from apps.publishing.enums import PublicationState
from apps.publishing.models import Publication
from tests.concurrency import at_once
from tests.factories.accounts import UserFactory
from tests.factories.files import make_pdf, make_upload
from tests.factories.knowledge import ResourceFactory, language, person_of, region
from tests.factories.organisations import MembershipFactory, OrganisationFactory
from tests.factories.taxonomy import CountryFactory, LicenceFactory, TopicFactory
from tests.knowledge.conftest import FormData

NEW = "/knowledge/new/"


def page_text(response: Any) -> str:
    return str(response.content.decode())


def error_of(response: Any, field: str) -> str:
    assert response.status_code == 200
    return " ".join(response.context["form"].errors.get(field, []))


# --- Drafts and submissions -----------------------------------------------------------------------


def test_page_has_what_the_upload_script_and_readers_need(author_client: Client, settings: Any) -> None:
    text = page_text(author_client.get(NEW))

    assert "data-upload-form" in text
    assert f'data-max-bytes="{settings.UPLOAD_MAX_BYTES}"' in text
    assert 'data-autosave-url="/knowledge/autosave/"' in text
    assert text.count("<legend") >= 5
    assert 'enctype="multipart/form-data"' in text


def test_another_page_may_propose_what_stands_in_it_and_nonsense_is_harmless(author_client: Client) -> None:
    topic = TopicFactory.create(code="finance")
    proposed = {
        "title": "T" * 300,
        "resource_type": "guide",
        "link": "https://example.org/",
        "topic": ["finance", "?"],
    }
    form = author_client.get(NEW, proposed).context["form"]
    assert form["title"].value() == "T" * 200
    assert form["resource_type"].value() == "guide"
    assert form["link"].value() == "https://example.org/"
    assert form["topics"].value() == [topic.pk]

    answer = author_client.get(NEW, {"title": "<script>", "resource_type": "virus", "link": "javascript:x"})
    assert answer.context["form"]["resource_type"].value() == ""
    assert "<script>" not in page_text(answer).partition("<form")[2].replace("<script src", "")


def test_draft_is_saved_with_everything_typed(
    author_client: Client, author: User, place: Organisation, form_data: FormData
) -> None:
    spain, alps = CountryFactory.create(code="ES"), region("AT33")

    response = author_client.post(NEW, form_data(countries=[spain.pk], regions=[alps.pk], version="2.1"))

    resource = Resource.objects.get()
    assert response.status_code == 302
    assert response["Location"] == f"/knowledge/{resource.slug}/edit/"
    assert resource.slug == f"draft-{resource.publication_id}"
    publication = resource.publication
    assert (publication.state, publication.title) == ("draft", "Measuring what matters")
    assert (publication.author, publication.organisation, publication.language) == (author, place, "en")
    assert (resource.year, resource.version, resource.link) == (2024, "2.1", "https://example.org/guide")
    assert {country.code for country in resource.countries.all()} == {"ES", "AT"}, (
        "the region's country counts"
    )
    assert [found.code for found in resource.regions.all()] == ["AT33"]


@pytest.mark.parametrize("values", [{}, {"title": "  "}, {"summary": "Only this."}])
def test_draft_needs_nothing(author_client: Client, values: dict[str, str]) -> None:
    language()
    author_client.post(NEW, {"action": "save", "form_token": str(uuid.uuid4()), **values})

    resource = Resource.objects.get()
    assert resource.publication.title == UNTITLED
    assert resource.summary == values.get("summary", "")
    assert 'value="Untitled"' not in page_text(author_client.get(f"/knowledge/{resource.slug}/edit/"))


def test_submission_asks_for_all_that_is_missing_beside_its_field(author_client: Client) -> None:
    language()
    response = author_client.post(NEW, {"action": "submit", "form_token": str(uuid.uuid4())})

    assert set(response.context["form"].errors) == {"title", "resource_type", "summary", "topics", "file"}
    assert not Publication.objects.exists()


def test_submission_of_a_file_asks_for_a_licence(author_client: Client, form_data: FormData) -> None:
    response = author_client.post(NEW, form_data(action="submit", licence="", link="", file=make_upload()))

    assert "licence" in error_of(response, "licence").lower()


def test_submission_waits_for_a_curator_under_its_readable_address(
    author_client: Client, form_data: FormData
) -> None:
    response = author_client.post(NEW, form_data(action="submit"))

    publication = Publication.objects.get()
    assert publication.state == PublicationState.SUBMITTED
    assert response["Location"] == "/knowledge/measuring-what-matters/"
    assert author_client.get(response["Location"]).status_code == 200


def test_untitled_resource_is_not_submitted(author_client: Client, form_data: FormData) -> None:
    response = author_client.post(NEW, form_data(action="submit", title=UNTITLED))

    assert error_of(response, "title")


@pytest.mark.parametrize("title", ["Guide", "New", "Draft 12"])
def test_reserved_words_are_no_addresses(author_client: Client, form_data: FormData, title: str) -> None:
    response = author_client.post(NEW, form_data(action="submit", title=title))

    publication = Publication.objects.get()
    assert response["Location"].rstrip("/").endswith(str(publication.pk))
    assert author_client.get(response["Location"]).status_code == 200


def test_same_title_twice_gets_two_addresses(author_client: Client, form_data: FormData) -> None:
    author_client.post(NEW, form_data(action="submit"))
    author_client.post(NEW, form_data(action="submit"))

    assert Resource.objects.values("slug").distinct().count() == 2


# --- In steps -------------------------------------------------------------------------------------


def stepper(response: Any) -> list[str]:
    return [step.state for step in response.context["steps"]]


def test_form_begins_with_the_file_and_ends_with_submitting(author_client: Client) -> None:
    text = page_text(author_client.get(NEW))

    order = ["id_file", "id_link", "id_title", "id_authors", "id_topics_field", "Submit for review"]
    places = [text.index(mark if " " in mark else f'id="{mark}"') for mark in order]
    assert places == sorted(places)
    for code in ("what", "who", "covers", "check"):
        assert f'href="#{code}"' in text
        assert f'id="{code}"' in text


def test_every_step_saves_the_draft_and_leads_on(author_client: Client, form_data: FormData) -> None:
    data = form_data(title="Half a title")
    url = NEW
    for here, then in [("what", "who"), ("who", "covers"), ("covers", "check")]:
        response = author_client.post(url, {**data, "action": f"go-on:{here}"})

        url = response["Location"].partition("?")[0]
        assert response["Location"].endswith(f"/edit/?step={then}#{then}")
        page = author_client.get(response["Location"])
        data |= {name: page.context["form"][name].value() for name in ("form_token", "seen_version")}
        assert page.context["start"] == then

    publication = Publication.objects.get()
    assert (publication.title, publication.state) == ("Half a title", "draft")
    assert stepper(page) == ["done", "done", "done", "here"]


@pytest.mark.parametrize("step", ["nonsense", "check'", "who/../../", ""])
def test_step_that_does_not_exist_is_the_first(author_client: Client, form_data: FormData, step: str) -> None:
    assert author_client.get(NEW, {"step": step}).context["start"] == "what"
    assert author_client.get(NEW, {"step": f"{step}\x00"}).status_code == 400
    response = author_client.post(NEW, form_data(action=f"go-on:{step}"))

    assert response["Location"].endswith("#who")


def test_last_step_says_what_is_missing_and_leads_to_it(author_client: Client) -> None:
    response = author_client.get(NEW)

    lacking = response.context["lacking"]
    assert [field.name for field in lacking] == ["file", "title", "resource_type", "summary", "topics"]
    text = page_text(response)
    assert all(f'href="#{field.target}"' in text for field in lacking)
    assert stepper(response)[0] == "here"
    assert "done" not in stepper(response)


def test_step_with_a_mistake_is_marked_and_the_summary_leads_to_the_field(
    author_client: Client, form_data: FormData
) -> None:
    response = author_client.post(NEW, form_data(year="20224", action="go-on:who"))

    assert stepper(response)[1] == "wrong"
    assert 'href="#id_year"' in page_text(response)
    assert not Publication.objects.exists()


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("annual_report-2024.pdf", "Annual report 2024"),
        ("Zwölf Steckbriefe.pdf", "Zwölf Steckbriefe"),
        ("a--b.pdf", "A--b"),
        ("___.pdf", ""),
    ],
)
def test_title_is_taken_from_the_name_of_a_file(name: str, title: str) -> None:
    assert title_of_name(name) == title


def test_draft_without_a_title_is_called_like_its_file_and_a_submission_asks(
    author_client: Client, form_data: FormData
) -> None:
    upload = make_upload(name="annual_report.pdf")
    assert error_of(author_client.post(NEW, form_data(title="", file=upload, action="submit")), "title")
    upload.seek(0)

    author_client.post(NEW, form_data(title="", file=upload, action="go-on:what"))

    assert Publication.objects.get().title == "Annual report"


# --- Places ---------------------------------------------------------------------------------------


def test_regions_stand_below_their_country_and_what_is_chosen_is_open(
    author_client: Client, author: User, place: Organisation
) -> None:
    alps, south = region("AT33"), region("ES61", "ES")
    resource = ResourceFactory.create(
        author=author, organisation=place, state="draft", countries=["AT"], regions=[alps]
    )

    text = page_text(author_client.get(f"/knowledge/{resource.slug}/edit/"))

    places = re.findall(r'<li class="hub-place">.*?</li>', text)
    austria, spain = (
        next(
            found
            for found in places
            if f"Regions of {country}<" in found or f"Regions of {country} <" in found
        )
        for country in (alps.country.name, south.country.name)
    )
    assert re.search(rf'name="regions" value="{alps.pk}" id="id_regions_\d+" checked', austria)
    assert "<details open>" in austria
    assert f'name="regions" value="{south.pk}"' in spain
    assert "checked" not in spain
    assert "<details open>" not in spain


def test_chosen_places_come_back_with_a_mistake_and_nonsense_is_harmless(
    author_client: Client, form_data: FormData
) -> None:
    alps = region("AT33")
    response = author_client.post(
        NEW,
        form_data(
            countries=["<b>", str(alps.country_id)], regions=[str(alps.pk), "\x00", "9" * 40], year="1"
        ),
    )

    text = page_text(response)
    assert re.search(rf'name="regions" value="{alps.pk}"[^>]* checked', text)
    assert error_of(response, "countries")
    assert error_of(response, "regions")


# --- Bad input ------------------------------------------------------------------------------------

SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


@pytest.mark.parametrize("action", ["save", "submit"])
@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("title", "x" * 300, "300 characters"),
        ("title", "a\x00b", "Null characters"),
        ("title", "a\x07b", "control characters"),
        ("title", "a\u202eb", "control characters"),
        ("summary", "x" * 2001, "2000"),
        ("summary", "a\x0bb", "control characters"),
        ("authors", "x" * 501, "500"),
        ("year", "20224", "between 1900 and"),
        ("year", str(timezone.localdate().year + 2), "between 1900 and"),
        ("year", "1066", "between 1900 and"),
        ("year", "soon", "four digits"),
        ("year", "9" * 5000, "four digits"),
        ("link", "javascript:alert(1)", "http"),
        ("link", "data:text/html,x", "http"),
        ("link", "ftp://example.org/", "http"),
        ("link", "http://127.0.0.1/admin", "private"),
        ("link", "http://169.254.169.254/latest/meta-data", "private"),
        ("link", "http://10.0.0.8/", "private"),
        ("link", "http://[::1]/", "private"),
        ("link", "http://2130706433/", "private"),
        ("link", "http://localhost:8000/", "private"),
        ("link", "http://printer.local/", "private"),
        ("link", "https://user:secret@example.org/", "password"),
        ("resource_type", "novel", "novel"),
        ("topics", "999999", "999999"),
        ("topics", "x\x00", "not"),
        ("language", "999999", "valid"),
        ("licence", "999999", "valid"),
        ("file", SimpleUploadedFile("report.pdf", b"MZ this is a program"), "report.pdf"),
        ("file", SimpleUploadedFile("report.pdf", SVG), "scripts"),
        ("file", SimpleUploadedFile("picture.svg", SVG), "scripts"),
        ("file", SimpleUploadedFile("page.html", b"<html><script>alert(1)</script></html>"), "scripts"),
        ("file", SimpleUploadedFile("empty.pdf", b""), "empty"),
        ("file", SimpleUploadedFile("report.docx", make_pdf()), "PDF"),
    ],
)
def test_bad_input_gets_a_message_beside_its_field_and_stores_nothing(
    author_client: Client, form_data: FormData, action: str, field: str, value: Any, message: str
) -> None:
    if hasattr(value, "seek"):
        value.seek(0)
    response = author_client.post(NEW, form_data(**{field: value, "action": action}))

    assert message.lower() in error_of(response, field).lower()
    assert not Publication.objects.exists()
    assert not StoredFile.objects.exists()
    assert "How a small team says something true." in page_text(response) or field == "summary"


def test_file_over_the_limit_gets_a_message(
    author_client: Client, form_data: FormData, settings: Any
) -> None:
    settings.UPLOAD_MAX_BYTES = 1000

    response = author_client.post(
        NEW, form_data(file=SimpleUploadedFile("big.pdf", make_pdf() + b"0" * 2000))
    )

    assert "too large" in error_of(response, "file")


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("../../etc/report.pdf", "report.pdf"),
        ("C:\\temp\\report.pdf", "report.pdf"),
        ("re\x07po\u202ert.pdf", "report.pdf"),
    ],
)
def test_file_name_with_path_or_control_characters_is_cleaned(
    author_client: Client, form_data: FormData, sent: str, kept: str
) -> None:
    upload = make_upload()
    upload._name = sent  # type: ignore[attr-defined]
    author_client.post(NEW, form_data(file=upload))

    assert StoredFile.objects.get().original_name == kept


def test_error_keeps_the_upload_and_what_was_typed(author_client: Client, form_data: FormData) -> None:
    response = author_client.post(NEW, form_data(file=make_upload(name="kept.pdf"), year="20224"))
    assert "kept.pdf" in page_text(response)
    token = response.context["form"].fields["file"].widget.get_context("file", None, {})["widget"]["token"]

    author_client.post(NEW, form_data(**{"file-kept": token}))

    resource = Resource.objects.get()
    assert resource.file is not None
    assert resource.file.original_name == "kept.pdf"


@pytest.mark.parametrize("token", ["", "nonsense", "\x00"])
def test_form_token_that_somebody_meddled_with_does_no_harm(
    author_client: Client, form_data: FormData, token: str
) -> None:
    response = author_client.post(NEW, form_data(form_token=token, seen_version="9999-99-99T00:00"))

    assert response.status_code in {200, 302}


def test_organisation_of_others_is_refused(author_client: Client, form_data: FormData) -> None:
    response = author_client.post(NEW, form_data(organisation=OrganisationFactory.create().pk))

    assert error_of(response, "organisation")


@pytest.mark.parametrize("code", ["AT", "AT331"])
def test_regions_above_and_below_level_one_and_two_are_not_offered(
    author_client: Client, form_data: FormData, code: str
) -> None:
    from apps.taxonomy.models import Region
    from tests.factories.taxonomy import RegionFactory

    alps = region("AT33")
    RegionFactory.create(code="AT331", country=alps.country, level=3, parent=alps)

    response = author_client.post(NEW, form_data(regions=[Region.objects.get(code=code).pk]))

    assert error_of(response, "regions")


# --- Pressed twice --------------------------------------------------------------------------------


@pytest.mark.parametrize("action", ["save", "submit"])
def test_form_sent_twice_makes_one_resource(author_client: Client, form_data: FormData, action: str) -> None:
    data = form_data(action=action)

    first, second = author_client.post(NEW, data), author_client.post(NEW, data)

    assert Resource.objects.count() == Publication.objects.count() == 1
    assert first.status_code == second.status_code == 302
    assert first["Location"] == second["Location"]


def test_going_back_and_saving_again_changes_the_same_draft(
    author_client: Client, form_data: FormData
) -> None:
    data = form_data()
    author_client.post(NEW, data)

    author_client.post(NEW, {**data, "title": "A better title"})

    assert Publication.objects.get().title == "A better title"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("action", ["save", "submit"])
def test_form_sent_twice_at_the_same_moment_makes_one_resource(
    author: User, form_data: FormData, action: str
) -> None:
    data = form_data(action=action)
    answers: list[int] = []

    def press() -> None:
        client = Client()
        client.force_login(author)
        answers.append(client.post(NEW, data).status_code)

    at_once(press, press)

    assert answers == [302, 302]
    assert Resource.objects.count() == Publication.objects.count() == 1


def test_token_of_another_person_s_form_gives_no_way_into_their_draft(
    author_client: Client, outsider: User, form_data: FormData
) -> None:
    data = form_data()
    author_client.post(NEW, data)
    stranger = Client()
    stranger.force_login(outsider)
    own = Organisation.objects.of_member(outsider).get()

    response = stranger.post(NEW, {**data, "organisation": own.pk, "title": "Taken over"})

    assert response.status_code in {200, 409}
    assert "How a small team says something true." in page_text(response)
    assert Publication.objects.get().title == "Measuring what matters"


# --- Who may --------------------------------------------------------------------------------------


def test_person_who_left_their_organisation_finds_what_they_typed_after_joining_another(
    author_client: Client, author: User, form_data: FormData
) -> None:
    author.memberships.all().delete()
    author_client.post(NEW, form_data(title="Typed in between"))

    MembershipFactory.create(user=author)

    assert "Typed in between" in page_text(author_client.get(NEW))


def test_signed_out_person_is_sent_to_sign_in_and_what_they_typed_is_kept(
    client: Client, author: User, form_data: FormData
) -> None:
    response = client.post(NEW, form_data(title="Typed before the session ended"))
    assert response.status_code == 302
    assert response["Location"].startswith("/accounts/login/?next=%2Fknowledge%2Fnew%2F")
    assert not Resource.objects.exists()

    client.force_login(author)

    page = page_text(client.get(NEW))
    assert "Typed before the session ended" in page
    assert "How a small team says something true." in page
    assert "Typed before" not in page_text(client.get(NEW)), "it is given back once"


def test_person_without_organisation_is_told_how_to_get_one(client: Client, loner: User) -> None:
    client.force_login(loner)

    response = client.get(NEW)

    assert response.status_code == 200
    assert reverse("organisations:organisation-create") in page_text(response)
    assert reverse("organisations:cluster-list") in page_text(response)


def test_person_without_organisation_cannot_post(client: Client, loner: User, form_data: FormData) -> None:
    client.force_login(loner)
    client.post(NEW, form_data())

    assert not Resource.objects.exists()


EDITORS = {"author": 200, "manager": 200, "outsider": 404, "curator": 404, "own_curator": 404, "loner": 404}


@pytest.mark.parametrize(("role", "status"), EDITORS.items())
def test_draft_is_edited_by_author_and_managers_alone(
    request: pytest.FixtureRequest, author: User, place: Organisation, role: str, status: int
) -> None:
    resource = ResourceFactory.create(author=author, organisation=place, state="draft")
    client = Client()
    client.force_login(request.getfixturevalue(role))

    assert client.get(f"/knowledge/{resource.slug}/edit/").status_code == status


@pytest.mark.parametrize(
    ("role", "status"), {**EDITORS, "outsider": 403, "curator": 403, "own_curator": 403, "loner": 403}.items()
)
def test_published_is_edited_by_author_and_managers_alone(
    request: pytest.FixtureRequest, author: User, place: Organisation, role: str, status: int
) -> None:
    resource = ResourceFactory.create(author=author, organisation=place)
    client = Client()
    client.force_login(request.getfixturevalue(role))

    assert client.get(f"/knowledge/{resource.slug}/edit/").status_code == status
    answer = client.post(f"/knowledge/{resource.slug}/edit/", {"title": "x"})
    assert answer.status_code == (409 if status == 200 else status), (
        "sent without having opened it: a conflict"
    )
    assert Resource.objects.count() == 1


def test_reference_publication_is_edited_by_nobody_here(
    curator: User, author: User, place: Organisation
) -> None:
    resource = ResourceFactory.create(author=author, organisation=place, external_id="P001")
    for person in (author, curator):
        client = Client()
        client.force_login(person)
        assert client.get(f"/knowledge/{resource.slug}/edit/").status_code == 403


# --- Editing --------------------------------------------------------------------------------------


def opened(client: Client, resource: Resource) -> dict[str, Any]:
    """The hidden values of the form as a browser gets them."""
    form = client.get(f"/knowledge/{resource.slug}/edit/").context["form"]
    return {name: form[name].value() for name in ("form_token", "seen_version")}


def test_edit_of_a_draft_changes_it_and_writes_history(
    author_client: Client, author: User, place: Organisation, form_data: FormData
) -> None:
    resource = ResourceFactory.create(author=author, organisation=place, state="draft")

    response = author_client.post(
        f"/knowledge/{resource.slug}/edit/", form_data(**opened(author_client, resource), title="Changed")
    )

    assert response.status_code == 302
    assert Publication.objects.get().title == "Changed"
    entry = Entry.objects.get(action="edited")
    assert "title" in entry.data["fields"]


def test_manager_edits_draft_without_moving_it(
    manager: User, author: User, place: Organisation, form_data: FormData
) -> None:
    resource = ResourceFactory.create(author=author, organisation=place, state="draft")
    other = OrganisationFactory.create()
    client = Client()
    client.force_login(manager)

    client.post(
        f"/knowledge/{resource.slug}/edit/", form_data(**opened(client, resource), organisation=other.pk)
    )

    assert Publication.objects.get().organisation == place


def test_author_moves_draft_to_another_of_their_organisations(
    author_client: Client, author: User, place: Organisation, form_data: FormData
) -> None:
    from tests.factories.organisations import MembershipFactory

    resource = ResourceFactory.create(author=author, organisation=place, state="draft")
    other = MembershipFactory.create(user=author).organisation

    author_client.post(
        f"/knowledge/{resource.slug}/edit/",
        form_data(**opened(author_client, resource), organisation=other.pk),
    )

    assert Publication.objects.get().organisation == other


def test_edit_conflict_shows_what_was_typed_and_the_difference_and_the_next_save_goes_through(
    author_client: Client, author: User, manager: User, place: Organisation, form_data: FormData
) -> None:
    resource = ResourceFactory.create(author=author, organisation=place, state="draft")
    url = f"/knowledge/{resource.slug}/edit/"
    mine = opened(author_client, resource)
    colleague = Client()
    colleague.force_login(manager)
    colleague.post(url, form_data(**opened(colleague, resource), title="What the manager wrote"))

    response = author_client.post(url, form_data(**mine, title="What the author wrote"))

    text = page_text(response)
    assert response.status_code == 409
    assert "What the author wrote" in text
    assert "What the manager wrote" in text
    assert [conflict.field for conflict in response.context["conflicts"]] == ["title"]
    assert Publication.objects.get().title == "What the manager wrote"

    form = response.context["form"]
    again = {name: form[name].value() for name in ("form_token", "seen_version")}
    assert author_client.post(url, form_data(**again, title="What the author wrote")).status_code == 302
    assert Publication.objects.get().title == "What the author wrote"


def test_same_change_by_two_people_is_no_conflict(
    author_client: Client, author: User, manager: User, place: Organisation, form_data: FormData
) -> None:
    resource = ResourceFactory.create(author=author, organisation=place, state="draft")
    url = f"/knowledge/{resource.slug}/edit/"
    mine = opened(author_client, resource)
    colleague = Client()
    colleague.force_login(manager)
    colleague.post(url, form_data(**opened(colleague, resource)))

    assert author_client.post(url, form_data(**mine)).status_code == 302


def test_edit_of_what_was_submitted_meanwhile_keeps_what_was_typed(
    author_client: Client, author: User, place: Organisation, form_data: FormData
) -> None:
    resource = ResourceFactory.create(author=author, organisation=place, state="draft")
    mine = opened(author_client, resource)
    Publication.objects.update(state="submitted", submitted_at=timezone.now(), submitted_by=author)

    response = author_client.post(f"/knowledge/{resource.slug}/edit/", form_data(**mine, title="Too late"))

    assert response.status_code == 409
    assert "Too late" in page_text(response)
    assert Publication.objects.get().title != "Too late"


def test_edit_page_of_what_waits_leads_to_where_it_stands(
    author_client: Client, author: User, place: Organisation
) -> None:
    resource = ResourceFactory.create(author=author, organisation=place, state="submitted")

    response = author_client.get(f"/knowledge/{resource.slug}/edit/")

    assert response["Location"] == f"/knowledge/{resource.slug}/"


def test_edit_of_published_makes_one_pending_version_and_leaves_the_live_one(
    author_client: Client, author: User, place: Organisation, form_data: FormData
) -> None:
    live = ResourceFactory.create(author=author, organisation=place, title="Live title")
    url = f"/knowledge/{live.slug}/edit/"
    data = form_data(**opened(author_client, live), title="Pending title", action="submit")

    first, second = author_client.post(url, data), author_client.post(url, data)

    pending = Resource.objects.exclude(pk=live.pk).get()
    assert first["Location"] == second["Location"] == f"/knowledge/version-{pending.publication_id}/"
    assert pending.publication.live == live.publication
    assert (pending.publication.state, pending.publication.title) == ("submitted", "Pending title")
    live.publication.refresh_from_db()
    assert (live.publication.state, live.publication.title) == ("published", "Live title")


def test_opening_the_edit_page_of_published_makes_nothing(
    author_client: Client, author: User, place: Organisation
) -> None:
    live = ResourceFactory.create(author=author, organisation=place)

    text = page_text(author_client.get(f"/knowledge/{live.slug}/edit/"))

    assert Resource.objects.count() == 1
    assert "data-autosave-url" not in text, "nobody starts a version by typing alone"


@pytest.mark.django_db(transaction=True)
def test_published_edited_by_two_at_the_same_moment_gets_one_pending_version(
    author: User, manager: User, place: Organisation, form_data: FormData
) -> None:
    live = ResourceFactory.create(author=author, organisation=place)
    url = f"/knowledge/{live.slug}/edit/"
    clients = []
    for person in (author, manager):
        client = Client()
        client.force_login(person)
        clients.append((client, form_data(**opened(client, live), title=f"By {person}")))
    answers: list[Any] = []

    def press(client: Client, data: dict[str, Any]) -> None:
        answers.append(client.post(url, data))

    at_once(*(partial(press, *pair) for pair in clients))

    assert sorted(answer.status_code for answer in answers) == [302, 409], (
        "the second is shown the difference"
    )
    assert Publication.objects.filter(live=live.publication).count() == 1


def test_edit_page_of_published_leads_to_its_open_pending_version(
    author_client: Client, author: User, place: Organisation
) -> None:
    live = ResourceFactory.create(author=author, organisation=place)
    pending = ResourceFactory.create(author=author, organisation=place, state="draft", live=live.publication)

    response = author_client.get(f"/knowledge/{live.slug}/edit/")

    assert response["Location"] == f"/knowledge/{pending.slug}/edit/"


# --- Saving while typing --------------------------------------------------------------------------

AUTOSAVE = "/knowledge/autosave/"


def test_autosave_makes_one_draft_that_the_button_then_saves(
    author_client: Client, form_data: FormData
) -> None:
    data = form_data(title="Typed so far")

    answers = [
        author_client.post(AUTOSAVE, data),
        author_client.post(AUTOSAVE, {**data, "title": "Typed more"}),
    ]

    assert [json.loads(answer.content)["saved"] for answer in answers] == [True, True]
    seen = json.loads(answers[-1].content)["fields"]["seen_version"]
    assert seen == Resource.objects.get().updated_at.isoformat()
    assert Publication.objects.get().title == "Typed more"
    assert author_client.post(NEW, {**data, "title": "Done"}).status_code == 302
    assert Publication.objects.get().title == "Done"
    assert author_client.post(NEW, {**data, "title": "Done", "action": "submit"}).status_code == 302
    assert Publication.objects.get().state == "submitted"


def test_autosave_of_an_empty_form_makes_no_draft(author_client: Client, place: Organisation) -> None:
    answer = author_client.post(
        AUTOSAVE, {"form_token": str(uuid.uuid4()), "organisation": place.pk, "language": language().pk}
    )

    assert json.loads(answer.content) == {"saved": False}
    assert not Publication.objects.exists()


def test_autosave_keeps_what_is_valid_and_names_what_is_not(
    author_client: Client, form_data: FormData
) -> None:
    answer = json.loads(author_client.post(AUTOSAVE, form_data(year="20224", link="javascript:x")).content)

    assert set(answer["errors"]) == {"year", "link"}
    resource = Resource.objects.get()
    assert resource.publication.title == "Measuring what matters"
    assert (resource.year, resource.link) == (None, "")


def test_autosave_leaves_the_file_alone(
    author_client: Client, author: User, place: Organisation, form_data: FormData
) -> None:
    author_client.post(NEW, form_data(file=make_upload()))
    resource = Resource.objects.get()

    author_client.post(
        f"/knowledge/{resource.slug}/autosave/",
        {**form_data(**opened(author_client, resource), title="Next"), "file-remove": "1"},
    )

    resource.refresh_from_db()
    assert resource.file is not None
    assert Publication.objects.get().title == "Next"


def test_autosave_after_somebody_else_saved_overwrites_nothing(
    author_client: Client, author: User, manager: User, place: Organisation, form_data: FormData
) -> None:
    resource = ResourceFactory.create(author=author, organisation=place, state="draft")
    mine = opened(author_client, resource)
    colleague = Client()
    colleague.force_login(manager)
    colleague.post(
        f"/knowledge/{resource.slug}/edit/", form_data(**opened(colleague, resource), title="Theirs")
    )

    answer = author_client.post(f"/knowledge/{resource.slug}/autosave/", form_data(**mine, title="Mine"))

    assert answer.status_code == 409
    assert Publication.objects.get().title == "Theirs"


def test_autosave_writes_down_once_who_began_to_work_on_it(
    author_client: Client, manager: User, place: Organisation, author: User, form_data: FormData
) -> None:
    """The history decides who may approve, so that nobody works on an item without a line in it."""
    resource = ResourceFactory.create(author=author, organisation=place, state="draft")
    client = Client()
    client.force_login(manager)
    values = form_data()
    for title in ("One", "Two"):
        resource.refresh_from_db()
        answer = client.post(
            f"/knowledge/{resource.slug}/autosave/",
            {**values, "title": title, "seen_version": resource.updated_at.isoformat()},
        )
        assert answer.json()["saved"], answer.json()

    assert list(Entry.objects.about(resource.publication).values_list("action", "by")) == [
        ("edited", manager.pk)
    ]


def test_autosave_signed_out_says_so(client: Client, form_data: FormData) -> None:
    answer = client.post(AUTOSAVE, form_data())

    assert answer.status_code == 401
    assert json.loads(answer.content)["saved"] is False


@pytest.mark.parametrize("role", ["outsider", "curator", "loner"])
def test_autosave_of_others_drafts_is_not_found(
    request: pytest.FixtureRequest, author: User, place: Organisation, form_data: FormData, role: str
) -> None:
    resource = ResourceFactory.create(author=author, organisation=place, state="draft")
    client = Client()
    client.force_login(request.getfixturevalue(role))

    assert client.post(f"/knowledge/{resource.slug}/autosave/", form_data()).status_code == 404


def test_autosave_never_touches_what_is_published(
    author_client: Client, author: User, place: Organisation, form_data: FormData
) -> None:
    live = ResourceFactory.create(author=author, organisation=place)

    assert author_client.post(f"/knowledge/{live.slug}/autosave/", form_data()).status_code == 404
    assert Resource.objects.count() == 1


# --- Costs ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [1, 20])
def test_form_query_count_does_not_grow_with_the_vocabularies(
    author_client: Client, django_assert_max_num_queries: Any, count: int
) -> None:
    for number in range(count):
        TopicFactory.create(code=f"topic_{number}")
        LicenceFactory.create(code=f"licence-{number}")
    region("AT33")
    language()

    with django_assert_max_num_queries(16):
        author_client.get(NEW)


def test_person_of_two_organisations_is_offered_both(author_client: Client, author: User) -> None:
    from tests.factories.organisations import MembershipFactory

    MembershipFactory.create(user=author)
    person_of(OrganisationFactory.create())
    language()

    form = author_client.get(NEW).context["form"]

    assert form.fields["organisation"].queryset.count() == 2


# --- A note to the curator, the summary, and what happens next ------------------------------------


def test_note_goes_to_the_curator_with_the_submission(
    author_client: Client, author: User, form_data: FormData
) -> None:
    author_client.post(NEW, form_data(action="submit", note="We left chapter 3 out: it is confidential."))

    publication = Publication.objects.get()
    assert publication.reason == "We left chapter 3 out: it is confidential."
    curator = Client()
    curator.force_login(UserFactory.create(is_staff=True))
    page = page_text(curator.get(f"/admin/publishing/publication/{publication.pk}/change/"))
    history = page[page.index("history-heading") :]
    assert "<blockquote>We left chapter 3 out: it is confidential.</blockquote>" in history


@pytest.mark.parametrize("way", ["button", "while typing"])
def test_note_is_kept_with_the_draft_and_sent_by_any_submission(
    author_client: Client, form_data: FormData, way: str
) -> None:
    if way == "button":
        author_client.post(NEW, form_data(action="save", note="As agreed."))
    else:
        author_client.post("/knowledge/autosave/", form_data(note="As agreed."))
    resource = Resource.objects.get()
    assert resource.publication.reason == ""

    page = author_client.get(f"/knowledge/{resource.slug}/edit/")
    assert page.context["form"]["note"].value() == "As agreed."
    author_client.post(f"/contributions/{resource.publication_id}/submit/")

    resource.publication.refresh_from_db()
    assert (resource.publication.state, resource.publication.reason) == ("submitted", "As agreed.")
    author_client.post(f"/contributions/{resource.publication_id}/take-back/")
    page = author_client.get(f"/knowledge/{resource.slug}/edit/")
    assert page.context["form"]["note"].value() == ""


def test_note_that_is_too_long_is_refused_beside_the_field(
    author_client: Client, form_data: FormData
) -> None:
    response = author_client.post(NEW, form_data(action="submit", note="x" * 2001))

    assert "2000" in error_of(response, "note")
    assert not Publication.objects.exists()


def test_last_step_sums_up_what_is_submitted_with_a_way_to_change_it(
    author_client: Client, author: User, place: Organisation
) -> None:
    resource = ResourceFactory.create(
        author=author, organisation=place, state="draft", title="How we count", resource_type="tool"
    )
    page = page_text(author_client.get(f"/knowledge/{resource.slug}/edit/"))
    check = " ".join(re.sub(r"<[^>]+>", " ", page[page.index('id="check"') :]).split())

    for label, value in {
        "Title": "How we count",
        "Type": "Tool",
        "File": "–",  # noqa: RUF001 - the dash of the page
        "Licence": "–",  # noqa: RUF001 - the dash of the page
        "Organisation": "Alpenholz",
        "Language": "English",
    }.items():
        assert f"{label} {value} Change : {label}" in check
    for name in ("title", "resource_type", "file", "link", "licence", "organisation", "language"):
        assert f'href="#id_{name}"' in page[page.index('id="check"') :]


@pytest.mark.parametrize(
    ("before", "said"),
    [
        (0, "No other contribution waits before yours."),
        (1, "1 contribution waits before yours."),
        (2, "2 contributions wait before yours."),
    ],
)
def test_after_the_submission_one_is_told_what_happens_next(
    author_client: Client, form_data: FormData, before: int, said: str
) -> None:
    ResourceFactory.create_batch(before, state="submitted")

    page = author_client.post(NEW, form_data(action="submit"), follow=True)

    (message,) = page.context["messages"]
    assert said in str(message)
    assert '<a href="/contributions/">Your contributions</a>' in page_text(page)


def test_fields_and_their_errors_come_in_the_order_of_the_page(
    author_client: Client, form_data: FormData
) -> None:
    fields = author_client.get(NEW).context["form"].fields
    shown = [name for part in form_steps.PARTS for name in part.fields]
    assert [name for name in fields if name in shown] == shown

    page = page_text(author_client.post(NEW, form_data(action="submit", link="", title="", topics=[])))
    summary = page[page.index('id="error-summary"') : page.index("<form", page.index('id="error-summary"'))]
    assert re.findall(r'href="#id_(\w+)"', summary) == ["file", "title", "topics_0"]
