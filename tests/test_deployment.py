"""Neither image nor compose file can be run here; what can be said by reading them is said here."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterable, Sequence
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import yaml
from django.conf import settings

from apps.portal.health import PROBES
from dev import demo
from dev.layout import Layout
from dev.supervisor import Supervisor
from tests import production

ROOT = Path(__file__).resolve().parents[1]
COMPOSE = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
EXAMPLE = (ROOT / ".env.example").read_text(encoding="utf-8")
SERVICES = yaml.safe_load(COMPOSE)["services"]
HUB = ("migrate", "web", "worker", "extraction", "beat")
# Read by the settings and yet nothing for an operator: the demonstration's.
DEMONSTRATION = {"DEMO", "DEMO_MAIL_DIR"}
# Decided by the compose file, as they belong to its own volumes and settings.
FIXED = {"DJANGO_SETTINGS_MODULE", "MEDIA_ROOT"}
# Read by the compose file and by the image themselves.
NOT_OF_DJANGO = {"POSTGRES_PASSWORD", "WEB_CONCURRENCY"}


def names_in_settings() -> set[str]:
    texts = [
        (ROOT / "clusterhub" / "settings" / name).read_text(encoding="utf-8")
        for name in ("base.py", "production.py")
    ]
    return {name for text in texts for name in re.findall(r"""env(?:\.\w+)?\(\s*["'](\w+)["']""", text)}


def names_in_example(*, set_only: bool = False) -> set[str]:
    """Also those that stand there as a comment, unless only what is to be filled in is asked for."""
    return set(re.findall(r"^(\w+)=" if set_only else r"^#?(\w+)=", EXAMPLE, re.MULTILINE))


def test_compose_has_web_worker_beat_postgres_and_redis() -> None:
    assert {*HUB, "postgres", "redis"} <= set(SERVICES)
    for name in HUB:
        assert SERVICES[name]["environment"]["DJANGO_SETTINGS_MODULE"] == "clusterhub.settings.production"
        assert SERVICES[name]["cap_drop"] == ["ALL"]


def queues_served(commands: Iterable[Sequence[object]]) -> list[str]:
    return sorted(str(command[command.index("-Q") + 1]) for command in commands if "worker" in command)


def test_compose_and_demo_have_a_worker_for_every_queue(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    queues = sorted(queue.name for queue in settings.CELERY_TASK_QUEUES)
    commands: list[Sequence[object]] = []
    group = Supervisor(env={}, cwd=ROOT)
    monkeypatch.setattr(group, "start", lambda _name, command, _log: commands.append(command))
    monkeypatch.setattr(group, "wait_ready", lambda *_what, **_how: None)
    demo._start_processes(group, Layout(ROOT, tmp_path), "127.0.0.1", 8000, 8025)

    assert queues_served(commands) == queues
    assert queues_served(SERVICES[name].get("command", ()) for name in HUB) == queues


def test_example_names_every_setting_that_the_hub_reads_and_no_other() -> None:
    assert names_in_settings() - DEMONSTRATION - FIXED == names_in_example() - NOT_OF_DJANGO


@pytest.mark.parametrize("service", HUB)
def test_compose_passes_every_line_of_the_file_on(service: str) -> None:
    given = SERVICES[service]

    assert given["env_file"] == [".env"]
    # What is named once more must not cover what the file says.
    covered = {name for name, value in given["environment"].items() if f"${{{name}:" not in value}
    assert covered == FIXED


def test_compose_asks_for_every_value_that_the_example_leaves_to_fill_in() -> None:
    asked = set(re.findall(r"\$\{(\w+):\?", COMPOSE))

    assert asked == names_in_example(set_only=True)


def test_readme_names_no_setting_that_does_not_exist() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    table = readme.split("| Variable | Meaning |")[1].split("\n\n")[0]

    named = set(re.findall(r"`([A-Z][A-Z0-9_]+)`", table))

    assert named
    assert named <= names_in_example()


def test_keys_before_the_present_one_are_read() -> None:
    """Without them a new key locks out everybody who has a second factor."""
    code = "import json; from django.conf import settings; print(json.dumps(settings.SECRET_KEY_FALLBACKS))"

    assert production.ask(code, SECRET_KEY="new", SECRET_KEY_FALLBACKS="old,older") == ["old", "older"]


def test_image_does_not_run_as_root() -> None:
    steps = DOCKERFILE.splitlines()
    users = [number for number, step in enumerate(steps) if step == "USER clusterhub"]
    start = next(number for number, step in enumerate(steps) if step.startswith("CMD "))

    assert users
    assert users[-1] < start


def test_image_asks_for_its_health_where_it_is_answered() -> None:
    check = DOCKERFILE.split("HEALTHCHECK")[1]
    found = re.search(r"http://[^']+", check)

    assert found
    assert urlsplit(found[0]).path in PROBES


def test_image_compiles_translations_where_there_are_any(tmp_path: Path) -> None:
    condition = re.search(r"if (ls locale[^;]+); then python manage.py compilemessages; fi", DOCKERFILE)
    assert condition
    folder = tmp_path / "locale" / "de" / "LC_MESSAGES"

    found = [subprocess.run(["sh", "-c", condition[1]], cwd=tmp_path, check=False).returncode == 0]
    folder.mkdir(parents=True)
    (folder / "django.po").touch()
    found.append(subprocess.run(["sh", "-c", condition[1]], cwd=tmp_path, check=False).returncode == 0)

    assert found == [False, True]


def test_everybody_is_told_the_same_of_what_make_check_does() -> None:
    found = re.search(r"^check: ## (.+)$", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    assert found

    for name in ("README.md", "CONTRIBUTING.md"):
        assert found[1] in (ROOT / name).read_text(encoding="utf-8")
