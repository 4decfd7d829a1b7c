"""The switch at the foot of every page: of one's account where one is signed in, of this browser otherwise."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpResponseBase
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_POST
from django.views.i18n import set_language

from apps.accounts.http import Request
from apps.accounts.models import User


@csrf_exempt
@require_POST
def change_language(request: Request) -> HttpResponseBase:
    """Without an account no token is asked for: it would set a cookie on every page to guard a language."""
    return _of_account(request) if request.user.is_authenticated else set_language(request)


@csrf_protect
def _of_account(request: Request) -> HttpResponseBase:
    """Django's own view keeps it in a cookie; ``PersonalSettingsMiddleware`` would overrule that by the account's."""
    language = request.POST.get("language", "")
    if request.user.is_authenticated and language in dict(settings.LANGUAGES):
        User.objects.filter(pk=request.user.pk).update(language=language)
    return set_language(request)
