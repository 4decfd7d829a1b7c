"""What memberships add to the export and the erasure of a person."""

from __future__ import annotations

from apps.accounts.personal_data import register_erasure, register_erasure_check, register_export
from apps.organisations import queries, services

register_export("organisations", queries.organisation_data)
register_erasure_check(services.erasure_obstacles)
register_erasure(services.forget_person)
