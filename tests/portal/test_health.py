from __future__ import annotations

import pytest
from django.test import Client, override_settings
from pytest_django import DjangoAssertNumQueries

from tests import production


def test_healthz_asks_nothing_of_the_database(client: Client) -> None:
    # Without the db fixture any query would fail the test.
    assert client.get("/healthz").content == b"ok"


@pytest.mark.django_db
def test_readyz_with_everything_up_is_ready(client: Client) -> None:
    response = client.get("/readyz")

    assert response.status_code == 200
    assert response.json() == {
        "ready": True, "degraded": False, "database": True, "migrations": True, "broker": True,
    }  # fmt: skip


@pytest.mark.django_db
@override_settings(CELERY_BROKER_URL="redis://127.0.0.1:1/0")
def test_readyz_without_broker_is_degraded_and_says_no_details(client: Client) -> None:
    """Pages go on without it: an answer that takes the web processes away would be worse."""
    response = client.get("/readyz")

    assert response.status_code == 200
    assert (response.json()["broker"], response.json()["degraded"]) == (False, True)
    assert "127.0.0.1" not in response.content.decode()


@pytest.mark.django_db
def test_readyz_with_a_migration_outstanding_is_503(client: Client) -> None:
    from django.db.migrations.recorder import MigrationRecorder

    MigrationRecorder.Migration.objects.filter(app="audit").latest("id").delete()

    assert client.get("/readyz").status_code == 503


@pytest.mark.django_db
def test_readyz_query_count_stays_small(
    client: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_max_num_queries(5):
        client.get("/readyz")


# As a probe sees the hub: by number, over plain http, with nothing of the public name.
_ASK = """
import django, json
django.setup()
from django.test import Client
client = Client(raise_request_exception=False, HTTP_HOST="10.0.0.7:8000")
print(json.dumps({path: client.get(path).status_code for path in ("/healthz", "/readyz", "/about/privacy/")}))
"""


def test_probes_on_production_settings_are_answered_whatever_name_they_call() -> None:
    # No server there: the answer must come all the same.
    found = production.ask(
        _ASK, DATABASE_URL="postgres://nobody@127.0.0.1:9/nothing", REDIS_URL="redis://127.0.0.1:9/0"
    )

    assert found == {"/healthz": 200, "/readyz": 503, "/about/privacy/": 400}


@override_settings(ALLOWED_HOSTS=["hub.example.org"], SECURE_SSL_REDIRECT=True)
@pytest.mark.parametrize("host", ["127.0.0.1:8000", "[::1]", "hub.example.org", "elsewhere.example", "a b"])
def test_healthz_looks_at_no_host_and_redirects_nobody(host: str) -> None:
    response = Client(HTTP_HOST=host).get("/healthz")

    assert (response.status_code, response.content) == (200, b"ok")
    assert not response.cookies
    assert "no-store" in response["Cache-Control"]


def test_healthz_takes_no_posts_and_gives_a_head(client: Client) -> None:
    assert client.post("/healthz").status_code == 405
    assert client.head("/healthz").content == b""


@pytest.mark.django_db
def test_addresses_that_only_look_like_a_probe_are_not_found(client: Client) -> None:
    assert client.get("/healthz/").status_code == 404
