"""What a person was told, how often they are mailed, and ending it with one press."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core import signing
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.accounts.http import SignedInRequest
from apps.core.pagination import get_page
from apps.notifications import services, unsubscribing
from apps.notifications.filters import NotificationFilter
from apps.notifications.forms import FrequencyForm
from apps.notifications.kinds import find_kind
from apps.notifications.models import Notification
from apps.notifications.rendering import subject_of, withheld


@require_safe
@login_required
def notification_list(request: SignedInRequest) -> HttpResponse:
    own = Notification.objects.visible_to(request.user)
    chosen = NotificationFilter(request.GET, queryset=own)
    page = get_page(request, chosen.qs)
    hidden = withheld(page)
    entries = [_entry(row, is_withheld=row.pk in hidden) for row in page]
    return render(
        request,
        "notifications/notification_list.html",
        {
            "filter": chosen,
            "page_obj": page,
            "entries": entries,
            "is_filtered": any(request.GET.get(name) for name in chosen.filters),
        },
    )


def _entry(row: Notification, *, is_withheld: bool) -> dict[str, Any]:
    """With the first line of what somebody wrote: the reason of a decision, or the message with a request."""
    if is_withheld:
        return {"notification": row, "subject": _("Something that is no longer public")}
    said = str(row.context.get("reason") or row.context.get("message") or "").strip()
    return {
        "notification": row,
        "subject": subject_of(row),
        "excerpt": said.partition("\n")[0],
        "leads_on": _is_local(row.url),
    }


def _is_local(url: str) -> bool:
    return url_has_allowed_host_and_scheme(url, allowed_hosts=None)


@require_safe
@login_required
def notification_open(request: SignedInRequest, pk: int) -> HttpResponse:
    """Go to what it is about, only ever to a page of this hub, and mark it read on the way.

    A link, so that it can be opened in a new tab. What it changes a person may change at any time, and twice is once.
    """
    notification = get_object_or_404(Notification.objects.visible_to(request.user), pk=pk)
    if request.method == "GET":
        services.mark_read(notification_id=notification.pk, by=request.user)
    if _is_local(notification.url) and not withheld([notification]):
        return redirect(notification.url)
    return _back_to_list(request)


@require_POST
@login_required
def notification_read(request: SignedInRequest, pk: int) -> HttpResponse:
    notification = get_object_or_404(Notification.objects.visible_to(request.user), pk=pk)
    services.mark_read(notification_id=notification.pk, by=request.user)
    return _back_to_list(request)


@require_POST
@login_required
def notification_read_all(request: SignedInRequest) -> HttpResponse:
    services.mark_all_read(by=request.user)
    messages.success(request, _("Everything is marked as read."))
    return _back_to_list(request)


def _back_to_list(request: SignedInRequest) -> HttpResponse:
    """With the filter that was chosen; without the page, which may be gone."""
    query = request.GET.copy()
    query.pop("page", None)
    address = reverse("notifications:notification-list")
    return redirect(f"{address}?{query.urlencode()}" if query else address)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def notification_settings(request: SignedInRequest) -> HttpResponse:
    form = FrequencyForm(request.POST or None, user=request.user)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, _("Your choice is kept."))
        return redirect("notifications:settings")
    return render(request, "notifications/settings.html", {"form": form})


@csrf_exempt
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """Looking at the page changes nothing, as mail filters do it too; a mail program's one press is a POST (RFC 8058).

    The token is the permission, so that neither a session nor a CSRF token is asked for.
    """
    try:
        user_id, kind_code = unsubscribing.read_token(token)
    except (signing.BadSignature, KeyError, TypeError, ValueError):
        raise Http404 from None
    if request.method == "POST":
        unsubscribing.unsubscribe(user_id=user_id, kind_code=kind_code)
    context = {
        "done": request.method == "POST",
        "kind": find_kind(kind_code),
        "settings_url": reverse("notifications:settings"),
    }
    return render(request, "notifications/unsubscribe.html", context)
