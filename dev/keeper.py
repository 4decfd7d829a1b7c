"""Stops the private servers when the command that used them was killed and could not do it.

They are shared by all commands of a checkout, so that they must not end with the one that happened to start them.
"""

from __future__ import annotations

import os
import sys

from dev.layout import Layout
from dev.processes import wait_until
from dev.services import stop_unused

if __name__ == "__main__":
    command = int(sys.argv[1])
    # The other end is open as long as the command lives, and nobody writes to it.
    sys.stdin.read()
    # Its locks may go a moment after that, but are gone when we have another parent.
    wait_until(lambda: os.getppid() != command, timeout=60)
    stop_unused(Layout())
