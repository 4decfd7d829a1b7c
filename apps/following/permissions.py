from __future__ import annotations

from django.contrib.auth.models import AnonymousUser

from apps.accounts.models import User
from apps.following.models import SavedSearch


def can_view(user: User | AnonymousUser, search: SavedSearch) -> bool:
    return user.is_authenticated and search.user_id == user.pk


can_edit = can_view
