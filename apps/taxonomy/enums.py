"""How we know a reference row."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Basis(models.TextChoices):
    SEEN = "seen", _("Seen in the source")
    RECALL = "recall", _("From general knowledge, not verified")
    PROPOSAL = "proposal", _("Our own proposal")
