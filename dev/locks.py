"""requirements*.txt: compiled from pyproject.toml by ``make lock``, and checked here without any network."""

from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Iterable
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from dev.layout import ROOT

_PIN = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)==(?P<version>\S+)(?P<rest>(?:\n[ ]+#.*)*)", re.MULTILINE)


def problems(pyproject: Path, requirements: Path, *, group: str = "") -> list[str]:
    """Where the compiled file no longer agrees with what pyproject.toml asks for."""
    table = tomllib.loads(pyproject.read_text(encoding="utf-8"))
    asked = table["dependency-groups"][group] if group else table["project"]["dependencies"]
    origin = f"pyproject.toml:{group}" if group else "pyproject.toml"
    pins: dict[str, str] = {}
    direct: set[str] = set()
    for pin in _PIN.finditer(requirements.read_text(encoding="utf-8")):
        name: str = canonicalize_name(pin["name"])
        pins[name] = pin["version"]
        if f"({origin})" in pin["rest"]:
            direct.add(name)
    return list(_compare(requirements.name, [Requirement(text) for text in asked], pins, direct))


def _compare(file: str, asked: list[Requirement], pins: dict[str, str], direct: set[str]) -> Iterable[str]:
    for requirement in asked:
        name: str = canonicalize_name(requirement.name)
        if name not in pins:
            yield f"{file} lacks {requirement}"
        elif not requirement.specifier.contains(pins[name], prereleases=True):
            yield f"{file} pins {name} {pins[name]}, but pyproject.toml asks for {requirement}"
    for name in sorted(direct - {canonicalize_name(requirement.name) for requirement in asked}):
        yield f"{file} still pins {name}, which pyproject.toml no longer asks for"


def main() -> int:
    pyproject = ROOT / "pyproject.toml"
    found = [
        *problems(pyproject, ROOT / "requirements.txt"),
        *problems(pyproject, ROOT / "requirements-dev.txt", group="dev"),
    ]
    for problem in found:
        sys.stdout.write(f"{problem}\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
