"""What somebody typed is kept when their session ended before they pressed the button.

The fields (never files or passwords) wait in the anonymous session, which signing in carries over.
"""

from __future__ import annotations

from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponseRedirect, QueryDict
from django.shortcuts import resolve_url
from django.utils.translation import gettext as _

_KEY = "kept_form:{path}"
_LONGEST = 100_000  # bytes of typed text in one form
_MOST = 3  # forms in one session


def keep(request: HttpRequest) -> bool:
    """Keep the fields of a POST for its address, until the form is shown there again.

    False where nothing was kept: for any other request, and for more than anybody types. Anybody may send forms
    without a person behind them, so a session holds few, and gives up the oldest first.
    """
    if request.method != "POST":
        return False
    fields = request.POST.copy()
    fields.pop("csrfmiddlewaretoken", None)
    if sum(len(text.encode()) for _name, texts in fields.lists() for text in texts) > _LONGEST:
        return False
    key = _KEY.format(path=request.path)
    request.session.pop(key, None)  # what is kept again is the newest
    request.session[key] = fields.urlencode()
    kept = [name for name, _value in request.session.items() if name.startswith(_KEY.format(path=""))]
    for oldest in kept[:-_MOST]:
        del request.session[oldest]
    return True


def keep_and_sign_in(request: HttpRequest) -> HttpResponseRedirect:
    """Keep a signed-out person's POST for this address and send them to sign in and back."""
    if keep(request):
        messages.info(
            request, _("Please sign in again. What you typed is kept; a file has to be chosen again.")
        )
    elif request.method == "POST":
        messages.warning(
            request, _("Please sign in again. What you typed was too long to be kept: go back to copy it.")
        )
    query = urlencode({"next": request.get_full_path()})  # with the filters of a list
    return HttpResponseRedirect(f"{resolve_url(settings.LOGIN_URL)}?{query}")


def take_kept(request: HttpRequest) -> QueryDict | None:
    """Give back, once, what was kept for this address."""
    kept = request.session.pop(_KEY.format(path=request.path), None)
    return QueryDict(kept) if kept else None
