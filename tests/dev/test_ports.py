"""PORT and HOST: what is no port, what may not be opened, and what another program has."""

from __future__ import annotations

import os
import re
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.dev.project import Project, closed_port

_FIRST_PORT_FOR_ALL = Path("/proc/sys/net/ipv4/ip_unprivileged_port_start")


@contextmanager
def listening(host: str) -> Iterator[int]:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as other:
        other.bind((host, 0))
        other.listen()
        yield other.getsockname()[1]


def has_ipv6() -> bool:
    try:
        with listening("::1"):
            return True
    except OSError:
        return False


def refusal(project: Project, behind: Sequence[str] = (), **environment: str) -> str:
    """What ``make demo`` says when it refuses before it starts anything."""
    command = project.make("demo", behind=behind, **environment)
    assert command.wait() != 0
    assert "Traceback" not in command.text
    assert "[1/" not in command.text
    assert not (project.local / "postgres").exists()
    return command.text


@pytest.mark.parametrize("port", ["0", "65536", "-1", "80a", "8000.0", " 8000", "²", "9" * 5000])
def test_demo_port_that_is_no_port_is_refused_with_an_example(project: Project, port: str) -> None:
    said = refusal(project, PORT=port)

    assert f"PORT={port[:40]} is not a port number" in said
    assert "What to do: choose a number between 1024 and 65535, for example: PORT=8001 make demo" in said


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "0.0.0.0",
        pytest.param("::1", marks=pytest.mark.skipif(not has_ipv6(), reason="this machine has no IPv6")),
    ],
)
def test_demo_port_of_another_program_names_it_and_a_free_one(project: Project, host: str) -> None:
    with listening(host) as port:
        said = refusal(project, PORT=str(port))

    assert f"Port {port} is taken by process {os.getpid()} (" in said
    advice = re.search(r"What to do: stop that program, or choose another port: PORT=(\d+) make demo", said)
    assert advice is not None
    assert int(advice[1]) > port


@pytest.mark.skipif(int(_FIRST_PORT_FOR_ALL.read_text()) < 2, reason="everybody may open every port here")
def test_demo_port_for_root_alone_is_refused_with_another_one(project: Project) -> None:
    root_without_its_right = ["setpriv", "--bounding-set=-net_bind_service"] if os.geteuid() == 0 else []

    said = refusal(project, root_without_its_right, PORT="1")

    assert "Port 1 may only be opened by root." in said
    assert "What to do: choose another one: PORT=8000 make demo" in said


@pytest.mark.parametrize("host", ["192.0.2.1", "no-such-host.invalid"])
def test_demo_host_that_is_not_this_machine_is_refused(project: Project, host: str) -> None:
    said = refusal(project, HOST=host, PORT=str(closed_port()))

    assert f"cannot listen at HOST={host}" in said
    assert "What to do: name an IPv4 address of this machine" in said
