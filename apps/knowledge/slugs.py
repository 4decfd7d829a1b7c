"""Which addresses a resource may have; how a title becomes one says ``apps.core.slugs``."""

from __future__ import annotations

import re

# Words that stand for pages of the repository itself.
RESERVED = frozenset({"guide", "new", "feed", "csv", "autosave"})
# What a draft or pending version is called before it has an address of its own; "item" finds any of them.
NUMBERED = re.compile(r"^(?:draft|version|item)-(\d{1,18})$")


def is_free_name(slug: str) -> bool:
    """Whether a title may have this slug at all: not one of the hub's own pages, not a number of a draft."""
    return bool(slug) and slug not in RESERVED and NUMBERED.match(slug) is None
