"""What can be measured of the look: contrast of the tokens in both schemes, and what the content policy forbids."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.conf import settings

ROOT = Path(settings.BASE_DIR)
TOKENS = (ROOT / "frontend" / "_tokens.scss").read_text(encoding="utf-8")
LIGHT_TEXT, DARK_TEXT = TOKENS.split("@media (prefers-color-scheme: dark)")
LIGHT = dict(re.findall(r"(--hub-[\w-]+): (#[0-9a-f]{6});", LIGHT_TEXT))
SCHEMES = {
    "light": LIGHT,
    "dark": {**LIGHT, **dict(re.findall(r"(--hub-[\w-]+): (#[0-9a-f]{6});", DARK_TEXT))},
}

TEXT = 4.5
SHAPE = 3.0
PAIRS = [
    *[("text", ground, TEXT) for ground in ("ground", "surface", "sunken", "accent-soft", "mark")],
    *[("muted", ground, TEXT) for ground in ("ground", "surface", "sunken", "accent-soft")],
    *[("accent", ground, TEXT) for ground in ("ground", "surface", "sunken", "accent-soft", "mark")],
    *[("accent-hover", ground, TEXT) for ground in ("ground", "surface", "accent-soft")],
    ("on-accent", "accent", TEXT),
    ("on-accent", "accent-hover", TEXT),
    *[("text", f"{tone}-soft", TEXT) for tone in ("success", "warning", "danger")],
    *[(tone, f"{tone}-soft", TEXT) for tone in ("success", "warning", "danger")],
    *[("danger", ground, TEXT) for ground in ("ground", "surface")],
    ("surface", "danger", TEXT),
    ("on-gold", "gold", TEXT),
    ("on-gold", "gold-hover", TEXT),
    ("deep-field-text", "deep-field", TEXT),
    *[("on-deep", ground, TEXT) for ground in ("deep", "deep-end")],
    *[("on-deep-muted", ground, TEXT) for ground in ("deep", "deep-end")],
    *[("line-strong", ground, SHAPE) for ground in ("ground", "surface", "sunken")],
    *[("focus", ground, SHAPE) for ground in ("ground", "surface", "sunken", "accent-soft")],
    *[("gold", ground, SHAPE) for ground in ("deep", "deep-end")],
    *[(f"chart-{number}", ground, SHAPE) for number in range(1, 7) for ground in ("ground", "surface")],
    *[(f"on-shade-{number}", f"shade-{number}", TEXT) for number in range(1, 6)],
]


def _luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """The contrast ratio of WCAG 2.2, from 1 to 21."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_contrast_is_measured_as_wcag_does() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize(("front", "back", "least"), PAIRS)
def test_colours_can_be_told_apart(scheme: str, front: str, back: str, least: float) -> None:
    colours = SCHEMES[scheme]

    assert contrast(colours[f"--hub-{front}"], colours[f"--hub-{back}"]) >= least


@pytest.mark.parametrize("path", sorted((ROOT / "frontend").glob("_*.scss")), ids=lambda path: path.name)
def test_colours_stand_in_the_tokens_and_nowhere_else(path: Path) -> None:
    if path.name == "_tokens.scss":
        return
    colours = set(re.findall(r"#[0-9a-f]{3,8}\b", path.read_text(encoding="utf-8")))

    assert colours <= {"#fff", "#000", "#333", "#999"}, f"{path.name}: {colours}"


def _templates() -> list[Path]:
    """Pages; mails are read by mail programs, which have no content policy."""
    return [path for path in (ROOT / "templates").rglob("*.html") if "emails" not in path.parts]


def test_no_template_holds_what_the_content_policy_forbids() -> None:
    forbidden = re.compile(
        r"<style|\sstyle=|\son[a-z]+=|javascript:|<script(?![^>]*(\ssrc=|type=\"application/(ld\+)?json))",
        re.IGNORECASE,
    )
    found = [
        f"{path.relative_to(ROOT)}: {match.group()}"
        for path in _templates()
        for match in forbidden.finditer(path.read_text(encoding="utf-8"))
    ]

    assert found == []


def test_no_image_or_icon_loads_or_runs_anything() -> None:
    forbidden = re.compile(r"<script|<style|\shref=|url\(|\son[a-z]+=", re.IGNORECASE)
    pictures = [*(ROOT / "static" / "img").glob("*.svg"), *(ROOT / "templates" / "ui").rglob("*.svg")]

    assert pictures
    assert [path.name for path in pictures if forbidden.search(path.read_text(encoding="utf-8"))] == []
