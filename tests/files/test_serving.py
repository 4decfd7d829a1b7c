"""Downloads: the true type, never run by a browser, streamed from wherever the bytes are."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.http import HttpResponse, StreamingHttpResponse
from django.test import Client, RequestFactory

from apps.files import storage
from apps.files.enums import ScanState
from apps.files.middleware import PLACES, SMALL_BYTES, UploadGuardMiddleware, places
from apps.files.models import StoredFile
from tests.factories import files as make

pytestmark = [pytest.mark.urls("tests.files.urls"), pytest.mark.django_db]


def url(stored: StoredFile, query: str = "") -> str:
    return f"/download/{stored.pk}/{query}"


def body(response: Any) -> bytes:
    return b"".join(response.streaming_content)


def test_file_response_is_a_sandboxed_download_of_the_true_type(client: Client) -> None:
    content = make.make_pdf("hello")
    stored = make.StoredFileFactory.create(content=content, original_name='Évaluation "a"; x=y.pdf')
    response = client.get(url(stored))
    assert body(response) == content
    assert response["Content-Type"] == "application/pdf"
    assert response["Content-Disposition"] == (
        "attachment; filename*=utf-8''%C3%89valuation%20%22a%22%3B%20x%3Dy.pdf"
    )
    assert response["Content-Length"] == str(len(content))
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert response["ETag"] == f'"{stored.sha256}"'


def test_file_response_of_private_file_is_kept_by_no_shared_cache(client: Client) -> None:
    stored = make.StoredFileFactory.create()
    response = client.get(url(stored))
    assert response["Cache-Control"] == "private, no-cache"
    assert "Cookie" in response["Vary"]
    assert body(response)
    response = client.get(url(stored, "?public"))
    assert response["Cache-Control"] == "public, max-age=3600"
    assert body(response)


def test_file_response_known_etag_is_304_without_touching_the_storage(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored = make.StoredFileFactory.create()
    monkeypatch.setattr(storage, "open_stored", None)
    response = client.get(url(stored), headers={"If-None-Match": f'"{stored.sha256}"'})
    assert response.status_code == 304
    assert response["ETag"] == f'"{stored.sha256}"'


def test_file_response_other_etag_is_the_file(client: Client) -> None:
    stored = make.StoredFileFactory.create()
    response = client.get(url(stored), headers={"If-None-Match": '"another"'})
    assert response.status_code == 200
    assert body(response)


def test_file_response_head_has_the_facts_and_no_body(client: Client) -> None:
    stored = make.StoredFileFactory.create()
    response = client.head(url(stored))
    assert response["Content-Length"] == str(stored.size)
    assert response.content == b""


def test_file_response_missing_object_is_404_and_logged(
    client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    stored = make.StoredFileFactory.create()
    storage.delete(stored.key)
    assert client.get(url(stored)).status_code == 404
    assert "stored object missing" in caplog.text


def test_file_response_infected_file_is_404(client: Client) -> None:
    from django.utils import timezone

    stored = make.StoredFileFactory.create(scan_state=ScanState.INFECTED, scanned_at=timezone.now())
    assert client.get(url(stored)).status_code == 404


def test_file_response_csv_is_no_page(client: Client) -> None:
    stored = make.StoredFileFactory.create(
        content=make.make_csv(), original_name="t.csv", media_type="text/csv"
    )
    response = client.get(url(stored))
    assert response["Content-Type"] == "text/csv"
    assert response["Content-Disposition"] == 'attachment; filename="t.csv"'
    assert body(response)


# --- Places for what is streamed --------------------------------------------------------------------


@pytest.fixture
def _all_taken() -> Iterator[None]:
    taken = [places.take() for _number in range(PLACES)]
    yield
    for _place in taken:
        places.give_back()


def guarded(response: Any) -> Any:
    return UploadGuardMiddleware(lambda request: response)(RequestFactory().get("/"))


def large(client: Client) -> Any:
    stored = make.StoredFileFactory.create(content=make.make_pdf() + bytes(SMALL_BYTES))
    return client.get(url(stored))


def test_file_response_holds_a_place_until_it_is_closed(client: Client) -> None:
    response = large(client)
    assert places.free == PLACES - 1
    assert len(body(response)) > SMALL_BYTES  # the client of the tests closes what it has read
    assert places.free == PLACES
    response.close()
    assert places.free == PLACES


def test_file_response_small_file_comes_in_one_piece_and_needs_no_place(client: Client) -> None:
    stored = make.StoredFileFactory.create(content=bytes(SMALL_BYTES))
    response: Any = client.get(url(stored))
    assert places.free == PLACES
    assert [len(piece) for piece in response.streaming_content] == [SMALL_BYTES]


def test_file_response_head_and_304_need_no_place(client: Client) -> None:
    stored = make.StoredFileFactory.create(content=bytes(2 * SMALL_BYTES))
    client.head(url(stored))
    client.get(url(stored), headers={"If-None-Match": f'"{stored.sha256}"'})
    assert places.free == PLACES


def test_places_are_back_after_a_stream_that_never_began_or_broke() -> None:
    def broken() -> Any:
        yield b"begun"
        raise OSError("the disk is gone")

    guarded(StreamingHttpResponse(iter([b"never read"]))).close()
    response = guarded(StreamingHttpResponse(broken()))
    with pytest.raises(OSError, match="gone"):
        list(response)
    response.close()
    response.close()
    assert places.free == PLACES


def test_places_are_back_when_a_response_is_dropped_without_being_closed() -> None:
    response = guarded(StreamingHttpResponse(iter([b"x"])))
    assert places.free == PLACES - 1
    del response
    assert places.free == PLACES


@pytest.mark.usefixtures("_all_taken")
def test_stream_without_a_place_is_told_to_come_again_and_its_file_is_closed(client: Client) -> None:
    response = large(client)
    assert (response.status_code, response["Retry-After"]) == (503, "60")
    assert body(client.get(url(make.StoredFileFactory.create())))
    assert places.free == 0


def test_page_needs_no_place_however_large() -> None:
    response = guarded(HttpResponse(bytes(2 * SMALL_BYTES)))
    assert response.status_code == 200
    assert places.free == PLACES
