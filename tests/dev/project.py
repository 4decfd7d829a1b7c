"""A project folder of its own for each test: nothing here touches the developer's checkout or a running hub.

The folder has the real dev/, Makefile and locked packages, and by default a hub in miniature: it starts in seconds,
under the same web server, worker and beat.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from dev.layout import ROOT
from dev.processes import command_line, is_alive, wait_until

PATIENCE = 90.0  # seconds: a busy machine is slow, a defect stays
_LOCKED = ["requirements.txt", "requirements-dev.txt", "package.json", "package-lock.json"]
_MINIATURE = {
    "clusterhub/__init__.py": """
import os
from celery import Celery
celery_app = Celery("miniature", broker=os.environ.get("REDIS_URL"))
""",
    "clusterhub/settings/local.py": "SECRET_KEY = 'miniature'\n",
    "clusterhub/wsgi.py": """
def application(environ, start_response):
    start_response("200 OK", [])
    return [b"ready"]
""",
    # Counts the starts in the database, so that a test sees whether data was kept.
    "manage.py": """
import os, pathlib, sys, time
import psycopg2
if sys.argv[1] == "collectstatic":
    pathlib.Path("staticfiles").mkdir(exist_ok=True)
if sys.argv[1] == "prepare_demo":
    with psycopg2.connect(os.environ["DATABASE_URL"]) as connection, connection.cursor() as cursor:
        cursor.execute("CREATE TABLE IF NOT EXISTS start (id serial)")
        cursor.execute("INSERT INTO start DEFAULT VALUES")
        cursor.execute("SELECT count(*) FROM start")
        pathlib.Path("starts").write_text(str(cursor.fetchone()[0]))
    while pathlib.Path("hold-tables").exists():
        time.sleep(0.05)
""",
    "frontend/build.mjs": """
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
mkdirSync("static/dist", { recursive: true });
writeFileSync("static/dist/hub.css", "");
const wait = () => existsSync("hold-styles") && setTimeout(wait, 50);
wait();
""",
}


def _heed_hang_up() -> None:
    """Also where the tests themselves were started by nohup, which their children would inherit."""
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


@dataclass
class Command:
    """One running ``make …``, with everything that it has printed so far."""

    process: subprocess.Popen[bytes]
    output: Path
    terminal: int | None = None

    @property
    def text(self) -> str:
        if self.terminal is not None:
            self._read_terminal()
        return self.output.read_text(encoding="utf-8").replace("\r\n", "\n")

    def wait_for(self, text: str, *, patience: float = PATIENCE) -> str:
        wait_until(lambda: text in self.text or self.process.poll() is not None, timeout=patience)
        assert text in self.text, self.text
        return self.text

    def wait(self) -> int:
        assert wait_until(lambda: self.process.poll() is not None, timeout=PATIENCE), self.text
        code = self.process.returncode
        assert code is not None
        return code

    def signal_group(self, number: int) -> None:
        """What a terminal does with Ctrl-C: it reaches make and everything in its group."""
        os.killpg(self.process.pid, number)

    def type(self, keys: str) -> None:
        assert self.terminal is not None
        os.write(self.terminal, keys.encode())

    def close_terminal(self) -> None:
        assert self.terminal is not None
        os.close(self.terminal)
        self.terminal = None

    def _read_terminal(self) -> None:
        assert self.terminal is not None
        # An error: nothing to read now, or nobody has the terminal open any more.
        with contextlib.suppress(OSError), self.output.open("ab") as output:
            while part := os.read(self.terminal, 65536):
                output.write(part)


@dataclass
class Project:
    root: Path
    commands: list[Command] = field(default_factory=list)

    @property
    def local(self) -> Path:
        return self.root / ".local"

    def environment(self, **extra: str) -> dict[str, str]:
        """Nothing of the person's own settings. The package registries are out of reach: what is installed suffices."""
        nobody = f"http://127.0.0.1:{closed_port()}"
        path = os.pathsep.join([str(ROOT / ".local/nodejs/bin"), os.environ.get("PATH", os.defpath)])
        registries = {"PIP_INDEX_URL": nobody, "UV_DEFAULT_INDEX": nobody, "npm_config_registry": nobody}
        alone = {"PIP_CONFIG_FILE": os.devnull, "UV_NO_CONFIG": "1", "npm_config_userconfig": os.devnull}
        home = {"HOME": str(self.root), "PATH": path, "LC_ALL": "C.UTF-8"}
        return {**home, **registries, **alone, "PORT": str(closed_port()), **extra}

    def make(self, *args: str, behind: Sequence[str] = (), **extra: str) -> Command:
        """Start make, perhaps behind a command that changes its rights."""
        return self.start(*behind, "make", *args, f"PYTHON={sys.executable}", **extra)

    def start(self, *args: str, **extra: str) -> Command:
        """Start any command in a session of its own."""
        output = self.root / f"output-{len(self.commands)}"
        environment = self.environment(**extra)
        with output.open("wb") as file:
            process = subprocess.Popen(
                args,
                cwd=self.root,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=_heed_hang_up,  # noqa: PLW1509 - these tests run no threads
            )
        return self._remember(Command(process, output))

    def make_in_terminal(self, *args: str, **extra: str) -> Command:
        """Start make as the only program of a terminal window."""
        output = self.root / f"output-{len(self.commands)}"
        output.touch()
        ours, theirs = os.openpty()
        process = subprocess.Popen(
            ["setsid", "--ctty", "make", *args, f"PYTHON={sys.executable}"],
            cwd=self.root,
            env=self.environment(**extra),
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            preexec_fn=_heed_hang_up,  # noqa: PLW1509 - these tests run no threads
        )
        os.close(theirs)
        os.set_blocking(ours, False)
        return self._remember(Command(process, output, terminal=ours))

    def _remember(self, command: Command) -> Command:
        self.commands.append(command)
        return command

    def processes(self) -> dict[int, str]:
        """Everything alive that works in this folder or names it, with its command line."""
        return {pid: command_line(pid) for pid in _all_pids() if is_alive(pid) and self._belongs(pid)}

    def _belongs(self, pid: int) -> bool:
        with contextlib.suppress(OSError):
            folder = Path(f"/proc/{pid}/cwd").readlink()
            return str(self.root) in f"{folder}/ {command_line(pid)}"
        return False

    def is_quiet(self) -> bool:
        return wait_until(lambda: not self.processes(), timeout=PATIENCE)

    def ports(self) -> list[int]:
        """Where the processes of this folder listen."""
        return [port for port, holder in _listening_ports().items() if holder in self.processes()]

    def kill(self) -> None:
        """As when the machine loses power: nobody gets to tidy up."""
        for pid in self.processes():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        for command in self.commands:
            command.process.wait()
        assert self.is_quiet()

    def end(self) -> None:
        self.kill()
        for command in self.commands:
            if command.terminal is not None:
                command.close_terminal()
        shutil.rmtree(self.root)


def miniature(root: Path) -> None:
    """The real tools around a hub that starts in seconds."""
    shutil.copytree(ROOT / "dev", root / "dev", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ["Makefile", *_LOCKED]:
        shutil.copy2(ROOT / name, root / name)
    for name in (".venv", "node_modules"):
        (root / name).symlink_to(ROOT / name)
    (root / "static").mkdir()
    for name, text in _MINIATURE.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text.lstrip(), encoding="utf-8")


@contextlib.contextmanager
def project_folder(fill: Callable[[Path], None] = miniature) -> Iterator[Project]:
    """Below /tmp and open to others, because the servers' account must get there when we are root."""
    root = Path(tempfile.mkdtemp(prefix="clusterhub-dev-")).resolve()
    root.chmod(0o755)
    project = Project(root)
    try:
        fill(root)
        yield project
    finally:
        project.end()


def closed_port() -> int:
    """A port where nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def port_of(url_name: str, text: str) -> int:
    found = re.search(rf"export {url_name}=\S+@127\.0\.0\.1:(\d+)", text)
    assert found is not None, text
    return int(found[1])


@contextlib.contextmanager
def innocent(*user: str) -> Iterator[subprocess.Popen[bytes]]:
    """Some other program, which must survive whatever the tools do."""
    process = subprocess.Popen([*user, "sleep", "600"], cwd="/")
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def _listening_ports() -> dict[int, int]:
    """Port to process, of all processes that we may look into."""
    sockets = {}
    for line in Path("/proc/net/tcp").read_text(encoding="ascii").splitlines()[1:]:
        fields = line.split()
        if fields[3] == "0A":
            sockets[f"socket:[{fields[9]}]"] = int(fields[1].rpartition(":")[2], 16)
    found = {}
    for pid in _all_pids():
        with contextlib.suppress(OSError):
            for handle in Path(f"/proc/{pid}/fd").iterdir():
                with contextlib.suppress(OSError, KeyError):
                    found[sockets[str(handle.readlink())]] = pid
    return found


def _all_pids() -> list[int]:
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]
