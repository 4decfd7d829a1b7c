"""The compose file cannot be run here; what can be said by reading it is said here."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[1]
COMPOSE = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")


def test_compose_has_web_worker_beat_postgres_and_redis() -> None:
    services = yaml.safe_load(COMPOSE)["services"]

    assert {"web", "worker", "beat", "postgres", "redis"} <= set(services)
    for name in ("web", "worker", "beat"):
        assert services[name]["environment"]["DJANGO_SETTINGS_MODULE"] == "clusterhub.settings.production"
        assert services[name]["cap_drop"] == ["ALL"]


def test_compose_asks_for_every_value_that_the_example_names() -> None:
    asked = set(re.findall(r"\$\{(\w+):\?", COMPOSE))
    named = set(re.findall(r"^(\w+)=", (ROOT / ".env.example").read_text(encoding="utf-8"), re.MULTILINE))

    assert asked == named


def test_image_does_not_run_as_root() -> None:
    steps = (ROOT / "Dockerfile").read_text(encoding="utf-8").splitlines()
    users = [number for number, step in enumerate(steps) if step == "USER clusterhub"]
    start = next(number for number, step in enumerate(steps) if step.startswith("CMD "))

    assert users
    assert users[-1] < start
