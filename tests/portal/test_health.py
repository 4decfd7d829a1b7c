from __future__ import annotations

import pytest
from django.test import Client, override_settings
from pytest_django import DjangoAssertNumQueries


def test_healthz_asks_nothing_of_the_database(client: Client) -> None:
    # Without the db fixture any query would fail the test.
    assert client.get("/healthz").content == b"ok"


@pytest.mark.django_db
def test_readyz_with_everything_up_is_ready(client: Client) -> None:
    response = client.get("/readyz")

    assert response.status_code == 200
    assert response.json() == {"ready": True, "database": True, "migrations": True, "broker": True}


@pytest.mark.django_db
@override_settings(CELERY_BROKER_URL="redis://127.0.0.1:1/0")
def test_readyz_without_broker_is_503_and_says_no_details(client: Client) -> None:
    response = client.get("/readyz")

    assert response.status_code == 503
    assert response.json()["broker"] is False
    assert "127.0.0.1" not in response.content.decode()


@pytest.mark.django_db
def test_readyz_with_a_migration_outstanding_is_503(client: Client) -> None:
    from django.db.migrations.recorder import MigrationRecorder

    MigrationRecorder.Migration.objects.filter(app="audit", name="0002_append_only").delete()

    assert client.get("/readyz").status_code == 503


@pytest.mark.django_db
def test_readyz_query_count_stays_small(
    client: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_max_num_queries(5):
        client.get("/readyz")
