"""Two people, or one in two windows, press at the same moment: one wins, the other gets back what was typed."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from apps.accounts.models import User
from apps.knowledge.models import Resource
from apps.organisations.models import Organisation
from tests.factories.files import make_pdf, make_upload
from tests.factories.knowledge import ResourceFactory
from tests.knowledge.conftest import FormData

pytestmark = pytest.mark.django_db(transaction=True)
ROUNDS = 3
MEANWHILE = ("This was changed since you opened it", "Somebody already took another step")


@pytest.fixture(params=range(ROUNDS))
def draft(request: pytest.FixtureRequest, place: Organisation, author: User) -> Resource:
    """A race that is lost sometimes must be run more than once."""
    return ResourceFactory.create(author=author, organisation=place, state="draft")


def answers(*calls: Callable[[], Any]) -> list[Any]:
    barrier = Barrier(len(calls))

    def run(call: Callable[[], Any]) -> Any:
        barrier.wait(timeout=10)
        try:
            return call()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as pool:
        return [future.result(timeout=30) for future in [pool.submit(run, call) for call in calls]]


def sender(user: User, draft: Resource, data: dict[str, Any]) -> Callable[[], Any]:
    client = Client()
    client.force_login(user)
    seen = {"seen_version": draft.updated_at.isoformat()}
    return lambda: client.post(f"/knowledge/{draft.slug}/edit/", data | seen)


def assert_one_wins(found: list[Any], *, typed: tuple[str, str]) -> int:
    """Gives the place of the winner; the other form comes back with its words and says why."""
    assert sorted(response.status_code for response in found) == [302, 409]
    winner = 0 if found[0].status_code == 302 else 1
    page = found[1 - winner].content.decode()
    assert typed[1 - winner] in page
    assert any(text in page for text in MEANWHILE)
    return winner


def test_two_edit_one_draft(draft: Resource, author: User, manager: User, form_data: FormData) -> None:
    typed = ("Words of the author", "Words of the manager")
    found = answers(
        *(
            sender(user, draft, form_data(title=title))
            for user, title in zip((author, manager), typed, strict=True)
        )
    )

    winner = assert_one_wins(found, typed=typed)
    draft.publication.refresh_from_db()
    assert draft.publication.title == typed[winner]


def test_two_upload_to_one_draft(draft: Resource, author: User, manager: User, form_data: FormData) -> None:
    typed = ("one.pdf", "two.pdf")
    found = answers(
        *(
            sender(user, draft, form_data(link="", file=make_upload(make_pdf(name), name=name)))
            for user, name in zip((author, manager), typed, strict=True)
        )
    )

    winner = assert_one_wins(found, typed=typed)
    draft.refresh_from_db()
    assert draft.file is not None
    assert draft.file.original_name == typed[winner]


def test_one_submits_while_the_other_edits(
    draft: Resource, author: User, manager: User, form_data: FormData
) -> None:
    """What is submitted is what the one who submitted had typed."""
    typed = ("Handed in", "Edited meanwhile")
    found = answers(
        sender(author, draft, form_data(title=typed[0], action="submit")),
        sender(manager, draft, form_data(title=typed[1])),
    )

    winner = assert_one_wins(found, typed=typed)
    draft.publication.refresh_from_db()
    assert draft.publication.title == typed[winner]
    assert draft.publication.state == ("submitted" if winner == 0 else "draft")
