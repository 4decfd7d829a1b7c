"""What reviews add to the export and the erasure of a person."""

from __future__ import annotations

from apps.accounts.personal_data import register_erasure, register_export
from apps.reviews import queries, services

register_export("reviews", queries.review_data)
register_erasure(services.forget_reviewer)
