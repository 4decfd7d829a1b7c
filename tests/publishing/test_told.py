"""What people read about their contributions: mails, tasks, and the file of their own data."""

from __future__ import annotations

from typing import Any

import pytest
from django.core import mail
from django.template.loader import render_to_string

from apps.accounts.personal_data import export_of
from apps.core.tasklist import Todo, todos_for
from apps.notifications.kinds import all_kinds
from apps.publishing import services
from apps.publishing.enums import PublicationState
from tests.factories.publishing import PublicationFactory
from tests.publishing.conftest import People
from tests.publishing.notes import KIND

S = PublicationState
KINDS = [kind for kind in all_kinds() if kind.code.startswith("publication_")]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.code)
def test_every_kind_has_its_texts(kind: object) -> None:
    context = {"title": "Firms & <friends>", "reason": 'More "figures" & <dates>.'}
    subject = render_to_string(kind.subject_template, context)  # type: ignore[attr-defined]
    body = render_to_string(kind.body_template, context)  # type: ignore[attr-defined]

    assert "Firms & <friends>" in subject
    assert "Firms & <friends>" in body
    assert 'More "figures" & <dates>.' in body
    assert body.count(":") <= render_to_string(kind.body_template, {"title": "x"}).count(":") + 1  # type: ignore[attr-defined]


@pytest.mark.django_db(transaction=True)
def test_author_gets_the_reason_by_mail(people: People) -> None:
    item = people.item(S.SUBMITTED, title="Our indicators")
    services.request_changes(publication_id=item.pk, by=people.curator, reason="Name your sources.")

    [message] = mail.outbox
    assert message.to == [people.author.email]
    assert "Our indicators" in message.subject
    assert "Name your sources." in message.body
    assert f"/contributions/{item.pk}/" in message.body


@pytest.mark.parametrize(
    ("who", "said"),
    [
        ("curator", "A curator withdrew “Our indicators”."),
        ("manager", "Somebody else of your organisation withdrew “Our indicators”."),
    ],
)
@pytest.mark.django_db(transaction=True)
def test_author_reads_who_withdrew_it(people: People, who: str, said: str) -> None:
    item = people.item(S.PUBLISHED, title="Our indicators")
    services.withdraw(publication_id=item.pk, by=getattr(people, who), reason="Out of date.")

    [message] = mail.outbox
    assert said in message.body


@pytest.mark.parametrize(
    ("step", "state"),
    [
        (services.approve, S.SUBMITTED),
        (services.decline, S.SUBMITTED),
        (services.request_changes, S.SUBMITTED),
        (services.hide, S.PUBLISHED),
        (services.restore, S.HIDDEN),
    ],
)
@pytest.mark.django_db(transaction=True)
def test_author_reads_that_a_curator_decided(people: People, step: Any, state: str) -> None:
    step(publication_id=people.item(state).pk, by=people.curator, reason="Because.")

    [message] = mail.outbox
    assert "A curator" in message.body.partition("Because.")[0]


def todos(user: object) -> list[Todo]:
    return [
        todo
        for todo in todos_for(user)  # type: ignore[arg-type]
        if todo.url.startswith(("/contributions/", "/admin/publishing/"))
    ]


@pytest.mark.django_db
def test_changes_are_a_task_of_the_author(people: People) -> None:
    item = people.item(S.CHANGES_REQUESTED, reason="Name your sources.")
    people.item(S.SUBMITTED)

    [todo] = todos(people.author)
    assert item.title in todo.title
    assert (todo.url, todo.detail) == (f"/contributions/{item.pk}/", "Name your sources.")
    assert todos(people.manager) == []
    assert todos(people.member) == todos(people.stranger) == []


@pytest.mark.django_db
def test_changes_are_a_task_of_the_managers_where_the_author_left(people: People) -> None:
    people.author.is_active = False
    people.author.save()
    people.item(S.CHANGES_REQUESTED)

    assert len(todos(people.manager)) == 1
    assert todos(people.other_manager) == []


@pytest.mark.django_db
def test_changes_are_a_task_of_the_managers_where_the_author_left_the_organisation(people: People) -> None:
    people.item(S.CHANGES_REQUESTED)
    people.author.memberships.all().delete()

    assert todos(people.author) == []
    assert len(todos(people.manager)) == 1


@pytest.mark.django_db
def test_queue_is_one_task_without_own_items(people: People) -> None:
    ours = people.item(S.SUBMITTED)
    oldest = PublicationFactory.create(state=S.IN_REVIEW, kind=KIND)
    PublicationFactory.create(state=S.SUBMITTED, kind=KIND)
    PublicationFactory.create(state=S.PUBLISHED, kind=KIND)

    [todo] = todos(people.curator_member)
    assert todo.title == "2 contributions wait for a decision"
    assert todo.since == oldest.submitted_at
    [all_of_them] = todos(people.curator)
    assert all_of_them.title.startswith("3 ")
    assert all_of_them.since == ours.submitted_at


@pytest.mark.django_db
def test_no_task_without_a_queue(people: People) -> None:
    people.item(S.SUBMITTED)

    assert todos(people.curator_member) == []


@pytest.mark.django_db
def test_export_holds_what_the_person_contributed(people: People) -> None:
    people.item(S.DECLINED, title="Mine")
    PublicationFactory.create(title="Of others")

    [row] = export_of(people.author)["contributions"]
    assert (row["title"], row["state"], row["organisation"]) == ("Mine", "declined", people.organisation.name)


@pytest.mark.django_db
def test_export_of_an_author_who_left_the_organisation_tells_nothing_unpublished(people: People) -> None:
    people.item(S.CHANGES_REQUESTED, title="Secret", reason="Name the secret.")
    people.item(S.PUBLISHED, title="Known to all")
    people.author.memberships.all().delete()

    secret, public = export_of(people.author)["contributions"]
    assert (secret["title"], secret["reason"], secret["state"]) == ("", "", "changes_requested")
    assert public["title"] == "Known to all"
