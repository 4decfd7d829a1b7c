"""``make demo`` from its start to every way in which it can end."""

from __future__ import annotations

import http.client
import os
import re
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dev.demo import ACCOUNTS, PASSWORD
from dev.ports import is_free
from dev.processes import wait_until
from tests.dev.project import PATIENCE, Command, Project, closed_port, project_folder

UP = "stop with Ctrl-C"


@pytest.fixture(scope="module")
def shared_project() -> Iterator[Project]:
    with project_folder() as project:
        yield project


@pytest.fixture
def project(shared_project: Project) -> Iterator[Project]:
    """One folder for all tests of this file: each leaves it stopped and startable, or fails."""
    yield shared_project
    shared_project.kill()
    for hold in shared_project.root.glob("hold-*"):
        hold.unlink()


def ctrl_c(project: Project, command: Command) -> None:
    command.type("\x03")


def hang_up(project: Project, command: Command) -> None:
    command.close_terminal()


def terminate_make(project: Project, command: Command) -> None:
    command.process.terminate()


def kill_make(project: Project, command: Command) -> None:
    command.process.kill()


def terminate(project: Project, command: Command) -> None:
    os.kill(tool(project), signal.SIGTERM)


def kill(project: Project, command: Command) -> None:
    os.kill(tool(project), signal.SIGKILL)


ENDINGS = [ctrl_c, hang_up, terminate_make, kill_make, terminate, kill]


def tool(project: Project) -> int:
    """The process of dev/ itself."""
    return next(pid for pid, line in project.processes().items() if line.endswith(" -m dev demo"))


def status(port: int, path: str = "/readyz") -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    finally:
        connection.close()


def lasting(project: Project) -> set[int]:
    """PostgreSQL starts helpers of its own and ends them again."""
    return {pid for pid, line in project.processes().items() if not line.startswith("postgres: ")}


def log_files(project: Project) -> dict[str, int]:
    """A command that begins its work takes new files."""
    return {file.name: file.stat().st_ino for file in (project.local / "logs").iterdir()}


def assert_works(project: Project, port: int) -> None:
    """The next start after whatever happened, and an end in good order."""
    again = project.make("demo", PORT=str(port))
    again.wait_for(UP)
    assert status(port) == 200
    again.signal_group(signal.SIGINT)
    again.wait()
    assert "Everything is stopped." in again.text
    assert project.is_quiet(), project.processes()


@pytest.mark.slow
@pytest.mark.parametrize("end", ENDINGS)
def test_running_demo_however_it_ends_leaves_nothing_behind(
    project: Project, end: Callable[[Project, Command], None]
) -> None:
    port = closed_port()
    command = project.make_in_terminal("demo", PORT=str(port))
    command.wait_for(UP)
    assert status(port) == 200
    listening = project.ports()
    assert len(listening) >= 4  # web, mail, PostgreSQL, Valkey

    end(project, command)

    assert project.is_quiet(), project.processes()
    assert [number for number in listening if not is_free("127.0.0.1", number)] == []
    command.process.wait()
    assert_works(project, port)


@pytest.mark.parametrize("end", ENDINGS)
@pytest.mark.parametrize("step", ["styles", "tables"])
def test_starting_demo_however_it_ends_leaves_nothing_behind(
    project: Project, step: str, end: Callable[[Project, Command], None]
) -> None:
    (project.root / f"hold-{step}").touch()
    (project.local / "stamps" / "assets").unlink(missing_ok=True)
    command = project.make_in_terminal("demo", PORT=str(closed_port()))
    command.wait_for({"styles": "Style sheets", "tables": "demo data"}[step])
    works = {"styles": "build.mjs", "tables": "prepare_demo"}[step]
    assert wait_until(lambda: any(works in line for line in project.processes().values()), timeout=PATIENCE)

    end(project, command)

    if (step, end) == ("styles", kill):
        # npm hears of it, but tells its own children nothing: they end when they have done their work.
        (project.root / "hold-styles").unlink()
    assert project.is_quiet(), project.processes()
    command.process.wait()


def test_demo_under_nohup_outlives_its_terminal(project: Project) -> None:
    port = closed_port()
    command = project.start("nohup", "make", "demo", f"PYTHON={sys.executable}", PORT=str(port))
    command.wait_for(UP)

    command.signal_group(signal.SIGHUP)

    ignored = re.search(
        r"^SigIgn:\t(\w+)", Path(f"/proc/{tool(project)}/status").read_text(), flags=re.MULTILINE
    )
    assert ignored is not None
    assert int(ignored[1], 16) & 1 << (signal.SIGHUP - 1)
    assert status(port) == 200
    command.signal_group(signal.SIGTERM)
    command.wait_for("Everything is stopped.")
    assert project.is_quiet(), project.processes()


def test_demo_announces_its_address_and_accounts_in_plain_text(project: Project) -> None:
    port = closed_port()
    command = project.make("demo", PORT=str(port))
    said = command.wait_for(UP)

    assert f"ClusterHub runs at http://localhost:{port}/\n" in said
    assert f"Mail that the hub sent: http://localhost:{port}/demo/mail/" in said
    assert f"Sign in with the password {PASSWORD} as" in said
    assert all(email in said for email in ACCOUNTS)
    assert [int(number) for number in re.findall(r"^\[(\d)/8\]", said, flags=re.MULTILINE)] == list(
        range(1, 9)
    )
    assert "\x1b" not in said
    assert "\r" not in command.output.read_text()


def test_second_demo_keeps_the_data_and_says_what_is_unchanged(project: Project) -> None:
    assert_works(project, closed_port())
    starts = int((project.root / "starts").read_text())

    command = project.make("demo", PORT=str(closed_port()))
    said = command.wait_for(UP)

    for step in (
        "Python environment in .venv",
        "Python packages",
        "Front-end packages",
        "Style sheets",
        "Static files",
    ):
        assert re.search(rf"{step} … unchanged", said), said
    assert "PostgreSQL and Valkey … data kept" in said
    assert int((project.root / "starts").read_text()) == starts + 1


def test_demo_started_twice_at_once_is_refused_and_the_first_goes_on(project: Project) -> None:
    port, other_port = closed_port(), closed_port()
    first = project.make("demo", PORT=str(port))
    first.wait_for(UP)
    before, logs = lasting(project), log_files(project)

    second = project.make("demo", PORT=str(other_port))
    assert second.wait() != 0

    assert re.search(
        rf"The demo of this checkout runs already \(process \d+, http://localhost:{port}/\)", second.text
    )
    assert "What to do: stop it first: Ctrl-C in its terminal, or kill that process" in second.text
    assert "[1/" not in second.text
    assert before <= lasting(project)
    assert log_files(project) == logs
    assert status(port) == 200
    assert is_free("127.0.0.1", other_port)


def test_demo_whose_worker_dies_stops_and_shows_its_log(project: Project) -> None:
    command = project.make("demo", PORT=str(closed_port()))
    command.wait_for(UP)
    worker = min(pid for pid, line in project.processes().items() if "celery -A clusterhub worker" in line)
    os.kill(worker, signal.SIGKILL)

    assert command.wait() != 0

    assert re.search(
        r"The \w+ process ended by itself \(signal 9\); the others are stopped too\.", command.text
    )
    assert re.search(r"Whole log: \.local/logs/\w+\.log", command.text)
    assert project.is_quiet(), project.processes()


def test_demo_whose_preparation_fails_shows_why(project: Project) -> None:
    manage = project.root / "manage.py"
    before = manage.read_text()
    manage.write_text("raise SystemExit('the reference data has a gap')")
    try:
        command = project.make("demo", PORT=str(closed_port()))
        assert command.wait() != 0
    finally:
        manage.write_text(before)

    assert (
        "    the reference data has a gap\nWhole log: .local/logs/prepare_demo.log\nWhat to do: "
        in command.text
    )
    assert project.is_quiet(), project.processes()
    assert_works(project, closed_port())
