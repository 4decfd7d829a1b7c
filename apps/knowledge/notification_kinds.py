"""What the repository tells people."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from apps.notifications.kinds import Kind, register_kind

register_kind(Kind(code="link_broken", label=_("A link in one of your resources no longer works")))
