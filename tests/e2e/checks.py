"""What the tests ask of any page: whether it is accessible, narrow enough, and shows where the focus is."""

from __future__ import annotations

from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

_OPTIONS = {"rules": {"target-size": {"enabled": True}}}  # of WCAG 2.2; axe leaves it out by itself


def violations(page: Page, part: str | None = None) -> list[str]:
    """Rules that the page, or the part of it that a selector names, breaks, each with the elements."""
    response = Axe().run(page, context=part, options=_OPTIONS).response
    return [
        f"{found['id']}: {node['target']} {node['failureSummary']}"
        for found in response["violations"]
        for node in found["nodes"]
    ]


def wait_for_drawing(page: Page) -> None:
    """A new size or colour scheme is there some frames later; on a busy machine that takes a while."""
    page.evaluate(
        """async () => {
            for (let frame = 0; frame < 3; frame += 1) await new Promise(requestAnimationFrame);
            await Promise.all(document.getAnimations().map((animation) => animation.finished.catch(() => 0)));
        }"""
    )


def too_wide(page: Page) -> list[str]:
    """What sticks out when the whole page can be moved sideways."""
    found: list[str] = page.evaluate(
        """() => {
            const root = document.scrollingElement;
            if (root.scrollWidth <= root.clientWidth) return [];
            return [`page: ${root.scrollWidth}`, ...[...document.querySelectorAll("body *")]
                .filter((at) => at.getBoundingClientRect().right > root.clientWidth + 1)
                .slice(0, 8)
                .map((at) => `${at.tagName.toLowerCase()}.${at.className} ${at.getBoundingClientRect().right}`)];
        }"""
    )
    return found


def focused(page: Page) -> dict[str, Any]:
    """What has the focus, and whether somebody who looks can tell: it has an outline, and nothing lies on it."""
    found: dict[str, Any] = page.evaluate(
        """() => {
            const at = document.activeElement, style = getComputedStyle(at);
            const box = at.getClientRects()[0] || new DOMRect();
            const shape = at instanceof SVGElement && at.querySelector("rect");
            // The middle of what the window shows of it: a high field may end below.
            const middle = (Math.max(box.top, 0) + Math.min(box.bottom, innerHeight)) / 2;
            const top = document.elementFromPoint(box.x + box.width / 2, middle);
            return {
                tag: at.tagName,
                name: at.textContent.trim().replace(/\\s+/g, " ") || at.labels?.[0]?.textContent.trim() || at.name,
                type: at.type,
                shown: shape ? parseFloat(getComputedStyle(shape).strokeWidth) >= 3
                    : style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2,
                inside: box.width > 0 && box.height > 0 && box.top >= 0 && box.left >= 0,
                uncovered: at.contains(top) || [...at.labels || []].some((label) => label.contains(top)),
            };
        }"""
    )
    return found
