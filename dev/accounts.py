"""Who the private servers run as, and where their data is."""

from __future__ import annotations

import hashlib
import os
import pwd
import shutil
from pathlib import Path

from dev.console import Problem
from dev.layout import Layout
from dev.processes import Account

_OTHERS_MAY_ENTER = 0o001


def unprivileged_account() -> Account | None:
    """None when we are an ordinary user already."""
    if os.geteuid() != 0:
        return None
    try:
        entry = pwd.getpwnam("nobody")
    except KeyError:
        raise Problem(
            "PostgreSQL does not run as root, and this machine has no user 'nobody' to run it as.",
            todo="run the command as an ordinary user, or add that user",
        ) from None
    return Account(name=entry.pw_name, uid=entry.pw_uid, gid=entry.pw_gid)


def service_home(layout: Layout, account: Account | None) -> Path:
    """The folder of the private servers: ``.local``, or one outside when their account cannot get there.

    A checkout below /root is closed to every other user, and PostgreSQL must be able to enter the folder it runs in.
    """
    home = layout.local
    if account and not all(may_enter(folder) for folder in home.resolve().parents):
        name = hashlib.sha256(str(layout.root).encode()).hexdigest()[:12]
        home = Path("/var/tmp") / f"clusterhub-{name}"  # noqa: S108 - checked below
    home.mkdir(parents=True, exist_ok=True)
    if home.is_symlink() or home.stat().st_uid != os.geteuid():
        raise Problem(
            f"The folder {home} belongs to somebody else.",
            todo="run the command as the user who made it, or move that folder away",
        )
    if account:
        home.chmod(home.stat().st_mode | _OTHERS_MAY_ENTER)
    return home


def may_enter(folder: Path) -> bool:
    return bool(folder.stat().st_mode & _OTHERS_MAY_ENTER)


def own_folder(path: Path, account: Account | None) -> Path:
    """A folder that only the servers' account may read."""
    path.mkdir(exist_ok=True, mode=0o700)
    if account:
        os.chown(path, account.uid, account.gid)
    return path


def private_file(path: Path, text: str, account: Account | None) -> None:
    """Write a secret for the servers' account alone."""
    path.unlink(missing_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(text)
    if account:
        os.chown(path, account.uid, account.gid)


def copy_programs(source: Path, target: Path) -> Path:
    """Copy a server's programs to where its account can run them and no package manager replaces them."""
    if target.exists():
        return target
    partial = target.with_name(f"{target.name}.partial")
    if partial.is_dir():
        shutil.rmtree(partial)
    if source.is_dir():
        shutil.copytree(source, partial, symlinks=True)
        files = [partial, *partial.rglob("*")]
    else:
        shutil.copy2(source, partial)
        files = [partial]
    for file in files:
        if not file.is_symlink():
            mode = file.stat().st_mode
            executable = file.is_dir() or mode & 0o100
            file.chmod(0o755 if executable else 0o644)
    partial.rename(target)
    return target
