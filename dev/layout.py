"""Where things are in a checkout."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Layout:
    """The folders of one checkout."""

    root: Path = ROOT
    local: Path = ROOT / ".local"

    @property
    def venv(self) -> Path:
        return self.root / ".venv"

    @property
    def python(self) -> Path:
        return self.venv / "bin" / "python"

    @property
    def logs(self) -> Path:
        return self.local / "logs"

    def tool(self, name: str) -> str:
        return str(self.venv / "bin" / name)

    def log(self, name: str) -> Path:
        """A fresh log file's path; the log of the run before is kept as ``.1``."""
        self.logs.mkdir(parents=True, exist_ok=True)
        path = self.logs / f"{name}.log"
        if path.exists():
            path.replace(path.with_suffix(".log.1"))
        return path
