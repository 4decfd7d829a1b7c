"""What curators see of stored files, and what they can do: read again, scan again, change nothing."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from apps.files.enums import ExtractionState
from apps.files.models import StoredFile
from tests.factories import files as make
from tests.factories.accounts import UserFactory

pytestmark = pytest.mark.django_db
LIST = "admin:files_storedfile_changelist"


@pytest.fixture
def admin(client: Client) -> Client:
    client.force_login(UserFactory.create(is_staff=True, is_superuser=True))
    return client


@pytest.mark.parametrize("count", [1, 3])
def test_admin_list_query_count_is_constant(
    admin: Client, count: int, django_assert_num_queries: object
) -> None:
    for _n in range(count):
        make.StoredFileFactory.create(text="read")
    with django_assert_num_queries(8):  # type: ignore[operator]
        response = admin.get(reverse(LIST))
    assert response.context["cl"].result_count == count


def test_admin_detail_shows_states_and_sizes_nothing_of_the_text_and_no_way_to_change(admin: Client) -> None:
    stored = make.StoredFileFactory.create(text="confidential " + "x" * 4987)
    html = admin.get(reverse("admin:files_storedfile_change", args=[stored.pk])).content.decode()
    assert "5000" in html
    assert "confidential" not in html + str(stored.extracted)
    assert 'name="_save"' not in html
    assert admin.post(reverse("admin:files_storedfile_delete", args=[stored.pk])).status_code == 403
    assert StoredFile.objects.filter(pk=stored.pk).exists()


def test_admin_detail_of_a_file_without_text_says_zero(admin: Client) -> None:
    stored = make.StoredFileFactory.create()
    response = admin.get(reverse("admin:files_storedfile_change", args=[stored.pk]))
    assert response.context["adminform"].model_admin.text_length(stored) == 0


def test_admin_extract_again_puts_the_file_in_line(admin: Client) -> None:
    stored = make.StoredFileFactory.create(extraction_state=ExtractionState.FAILED, extraction_attempts=3)
    response = admin.post(
        reverse(LIST), {"action": "extract_again", "_selected_action": [str(stored.pk)]}, follow=True
    )
    assert b"The text of 1 file will be extracted again." in response.content
    stored.refresh_from_db()
    assert (stored.extraction_state, stored.extraction_attempts) == (ExtractionState.PENDING, 0)


def test_admin_scan_again_with_scanner_down_says_so(admin: Client, settings: object) -> None:
    settings.CLAMD_ADDRESS = "127.0.0.1:1"  # type: ignore[attr-defined]
    stored = make.StoredFileFactory.create(original_name="a.pdf")
    response = admin.post(
        reverse(LIST), {"action": "scan_again", "_selected_action": [str(stored.pk)]}, follow=True
    )
    assert b".pdf: The virus scanner does not answer at present." in response.content


def test_admin_is_closed_to_others(client: Client) -> None:
    client.force_login(UserFactory.create())
    assert client.get(reverse(LIST)).status_code == 302
