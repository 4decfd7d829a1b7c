"""The switch at the foot of every page: of one's account where one is signed in, of this browser otherwise."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpResponseBase
from django.views.decorators.http import require_POST
from django.views.i18n import set_language

from apps.accounts.http import Request
from apps.accounts.models import User


@require_POST
def change_language(request: Request) -> HttpResponseBase:
    """Django's own view keeps it in a cookie; ``PersonalSettingsMiddleware`` would overrule that by the account's."""
    language = request.POST.get("language", "")
    if request.user.is_authenticated and language in dict(settings.LANGUAGES):
        User.objects.filter(pk=request.user.pk).update(language=language)
    return set_language(request)
