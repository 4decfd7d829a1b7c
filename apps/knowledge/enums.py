"""What kinds of resources there are, and what of one a reader can have."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class ResourceType(models.TextChoices):
    FRAMEWORK = "framework", _("Framework")
    METHOD = "method", _("Method")
    TOOL = "tool", _("Tool")
    EVALUATION = "evaluation", _("Evaluation")
    EVALUATION_SUMMARY = "evaluation_summary", _("Evaluation summary")
    ARTICLE = "article", _("Article")
    GUIDE = "guide", _("Guide")
    DATASET = "dataset", _("Dataset")
    TEMPLATE = "template", _("Template")


class Access(models.TextChoices):
    FILE = "file", _("File here")
    LINK = "link", _("Link")
    DESCRIPTION = "description", _("Description only")
