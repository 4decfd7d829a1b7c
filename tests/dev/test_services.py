"""PostgreSQL and Valkey after everything that can have happened to them since the last start."""

from __future__ import annotations

import os
import pwd
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg2
import pytest

from dev.ports import is_free
from dev.processes import wait_until
from tests.dev.project import PATIENCE, Command, Project, innocent, project_folder

UP = "Stop with Ctrl-C."
_ROOT = os.geteuid() == 0
# The account that the servers run as: PostgreSQL refuses root.
_AS_SERVERS = ["setpriv", "--reuid=nobody", "--clear-groups"] if _ROOT else []
# Python may lie in root's own folder, where this right lets an ordinary user read it.
_READING = ["--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search"]
_AS_ORDINARY_USER = [*_AS_SERVERS, f"--regid={pwd.getpwnam('nobody').pw_gid}", *_READING] if _ROOT else []


@pytest.fixture(scope="module")
def shared_project() -> Iterator[Project]:
    with project_folder() as project:
        yield project


@pytest.fixture
def project(shared_project: Project) -> Iterator[Project]:
    """One folder for all tests of this file: each leaves it stopped and startable, or fails."""
    yield shared_project
    shared_project.kill()


@pytest.fixture
def stopped(project: Project) -> Project:
    """Has data, and nothing runs."""
    if not data(project).exists():
        stop(project, start(project))
    return project


def forget_data(project: Project) -> None:
    shutil.rmtree(project.local / "postgres", ignore_errors=True)


def start(project: Project) -> Command:
    command = project.make("services")
    command.wait_for(UP)
    return command


def stop(project: Project, command: Command) -> None:
    command.signal_group(signal.SIGINT)
    command.wait()
    assert project.is_quiet(), project.processes()


def refused(project: Project) -> str:
    command = project.make("services")
    assert command.wait() != 0
    assert "Traceback" not in command.text
    assert "What to do: " in command.text
    assert project.is_quiet(), project.processes()
    return command.text


def url(name: str, said: str) -> str:
    found = re.search(rf"export {name}=(\S+)", said)
    assert found is not None, said
    return found[1]


def port(name: str, said: str) -> int:
    return int(re.sub(r".*:(\d+)/\w+$", r"\1", url(name, said)))


def ask(said: str, statement: str) -> list[tuple[object, ...]]:
    connection = psycopg2.connect(url("DATABASE_URL", said))
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchall() if cursor.description else []
    finally:
        connection.close()


def data(project: Project) -> Path:
    return project.local / "postgres" / "data"


def test_services_started_again_keep_data_and_addresses(project: Project) -> None:
    forget_data(project)
    first = start(project)
    assert "a new database" in first.text
    ask(first.text, "CREATE TABLE kept AS SELECT 42 AS answer")
    stop(project, first)
    for name in ("DATABASE_URL", "REDIS_URL"):
        assert is_free("127.0.0.1", port(name, first.text))

    again = start(project)

    assert "data kept" in again.text
    assert again.text.count("unchanged") == 4
    assert ask(again.text, "SELECT answer FROM kept") == [(42,)]
    for name in ("DATABASE_URL", "REDIS_URL"):
        assert url(name, again.text) == url(name, first.text)


def test_services_after_a_crash_recover(project: Project) -> None:
    first = start(project)
    ask(first.text, "CREATE TABLE survivor AS SELECT 42 AS answer")
    ask(first.text, "CHECKPOINT")
    project.kill()
    assert (data(project) / "postmaster.pid").exists()

    again = start(project)

    assert "PostgreSQL was not stopped last time: it recovers" in again.text
    assert "Valkey was not stopped last time" in again.text
    assert ask(again.text, "SELECT answer FROM survivor") == [(42,)]
    stop(project, again)


def test_services_pid_files_of_other_processes_are_set_right_and_spare_those(stopped: Project) -> None:
    project = stopped
    with innocent(*_AS_SERVERS) as other:
        for file in (data(project) / "postmaster.pid", project.local / "valkey" / "valkey.pid"):
            file.write_text(f"{other.pid}\n", encoding="ascii")

        again = start(project)

        assert (
            f"PostgreSQL left a stale PID file (process {other.pid} is another program): removed"
            in again.text
        )
        assert f"Valkey left a stale PID file (process {other.pid} is another program): removed" in again.text
        stop(project, again)
        assert other.poll() is None


@pytest.mark.parametrize("text", ["", "nonsense\n", "-4711\n"])
def test_services_pid_file_without_a_process_is_no_obstacle(stopped: Project, text: str) -> None:
    project = stopped
    for file in (data(project) / "postmaster.pid", project.local / "valkey" / "valkey.pid"):
        file.write_text(text, encoding="ascii")

    again = start(project)

    assert "Traceback" not in again.text
    stop(project, again)


def test_services_killed_while_the_database_is_made_make_it_anew(project: Project) -> None:
    forget_data(project)
    command = project.make("services")
    assert wait_until(
        lambda: any(data(project).parent.glob("data.new-*/PG_VERSION")), timeout=PATIENCE, pause=0.001
    )
    project.kill()
    command.wait()
    assert not data(project).exists()

    again = start(project)

    assert "removed a database folder whose creation was interrupted; making it again" in again.text
    assert not list(data(project).parent.glob("data.new-*"))
    stop(project, again)


@pytest.mark.parametrize("lost", ["PG_VERSION", "global/pg_control", "../password"])
def test_services_half_a_data_folder_is_put_aside_and_kept(stopped: Project, lost: str) -> None:
    project = stopped
    (data(project) / lost).unlink()

    again = start(project)

    moved = re.search(r"was only half initialised: moved it to (\S+); making a new one", again.text)
    assert moved is not None, again.text
    assert (project.root / moved[1] / "base").is_dir()
    stop(project, again)


def test_services_data_of_another_postgresql_is_refused_and_the_advice_helps(stopped: Project) -> None:
    project = stopped
    (data(project) / "PG_VERSION").write_text("17\n", encoding="ascii")
    with innocent(*_AS_SERVERS) as other:
        # Its server has gone, and its process number was given to another program.
        (data(project) / "postmaster.pid").write_text(f"{other.pid}\n", encoding="ascii")

        said = refused(project)

        assert other.poll() is None
    assert "was made by PostgreSQL 17; this is PostgreSQL 18" in said
    advice = re.search(r"move the folder away \((mv .+?)\);", said)
    assert advice is not None, said
    subprocess.run(shlex.split(advice[1]), cwd=project.root, check=True)
    stop(project, start(project))


def test_services_ports_of_other_programs_are_left_to_them(project: Project) -> None:
    first = start(project)
    stop(project, first)
    ports = [port(name, first.text) for name in ("DATABASE_URL", "REDIS_URL")]
    with socket.socket() as one, socket.socket() as two:
        for other, number in zip((one, two), ports, strict=True):
            other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            other.bind(("127.0.0.1", number))
            other.listen()

        again = start(project)

        assert [port(name, again.text) for name in ("DATABASE_URL", "REDIS_URL")] != ports
        assert ask(again.text, "SELECT 42") == [(42,)]
        stop(project, again)


def test_services_valkey_that_hangs_is_named_and_the_next_start_works(project: Project) -> None:
    user = start(project)
    pid = int((project.local / "valkey" / "valkey.pid").read_text(encoding="ascii"))
    os.kill(pid, signal.SIGSTOP)

    second = project.make("services")
    assert second.wait() != 0

    assert f"Valkey (process {pid}) of this checkout runs but does not answer" in second.text
    assert f"What to do: try again; if it stays so, end it with 'kill -9 {pid}'" in second.text
    stop(project, user)
    stop(project, start(project))


def test_services_shared_by_two_commands_end_with_the_last(project: Project) -> None:
    first = start(project)
    second = start(project)
    assert "PostgreSQL runs already" in second.text
    first.signal_group(signal.SIGINT)
    first.wait()

    assert ask(second.text, "SELECT 42") == [(42,)]
    assert url("REDIS_URL", second.text) == url("REDIS_URL", first.text)
    stop(project, second)


@pytest.mark.skipif(not _ROOT, reason="all the other tests run as an ordinary user here")
def test_services_run_as_an_ordinary_user() -> None:
    """Root is tested by all the other tests where root runs them."""
    nobody = pwd.getpwnam("nobody")
    with project_folder() as project:
        for folder, _, files in os.walk(project.root):
            for name in [folder, *(f"{folder}/{file}" for file in files)]:
                os.chown(name, nobody.pw_uid, nobody.pw_gid, follow_symlinks=False)

        command = project.start(*_AS_ORDINARY_USER, sys.executable, "-m", "dev", "services")
        command.wait_for(UP)

        owners = {Path(f"/proc/{pid}").stat().st_uid for pid in project.processes()}
        assert owners == {nobody.pw_uid}
        stop(project, command)


@pytest.mark.skipif(not _ROOT, reason="needs a second user")
@pytest.mark.parametrize("command", ["services", "demo", "clean"])
def test_command_in_the_checkout_of_somebody_else_says_so(stopped: Project, command: str) -> None:
    refused = stopped.start(*_AS_ORDINARY_USER, sys.executable, "-m", "dev", command)

    assert refused.wait() == 1, refused.text
    assert "Traceback" not in refused.text
    assert re.search("belongs to somebody else|is closed to this user", refused.text)
    assert "What to do: run the command as the user who made it" in refused.text
