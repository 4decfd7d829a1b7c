"""What people are told about their contributions. Decisions are mailed at once: their authors wait for them."""

from __future__ import annotations

from functools import partial

from django.utils.translation import gettext_lazy as _

from apps.notifications.kinds import Kind, register_kind

_Kind = partial(Kind, group=_("Your contributions"))

register_kind(_Kind("publication_published", _("Your contribution was published")))
register_kind(_Kind("publication_version_published", _("The new version of your contribution was published")))
register_kind(_Kind("publication_changes_requested", _("A curator asks for changes to your contribution")))
register_kind(_Kind("publication_declined", _("Your contribution was declined")))
register_kind(_Kind("publication_hidden", _("Your contribution was hidden")))
register_kind(_Kind("publication_restored", _("Your hidden contribution is public again")))
register_kind(_Kind("publication_withdrawn", _("Your contribution was withdrawn by somebody else")))
