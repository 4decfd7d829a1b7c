"""Pages that put together what the floors below offer."""

from __future__ import annotations

from datetime import date

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.templatetags.static import static
from django.utils import timezone
from django.views.decorators.http import require_safe

from apps.accounts.http import SignedInRequest
from apps.core.closing import closing_soon
from apps.core.tasklist import todos_for
from apps.organisations.queries import memberships_of, pending_requests_of
from apps.portal.queries import hub_numbers, newest_items, recent_contributions

# To be changed with what the statement says, after the pages have been looked at anew.
ACCESSIBILITY_PREPARED_ON = date(2026, 11, 24)
ACCESSIBILITY_REVIEWED_ON = date(2026, 11, 25)


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    context = {
        "newest": newest_items(),
        "numbers": hub_numbers(),
        "closing": closing_soon(timezone.now()),
    }
    return render(request, "portal/home.html", context)


@require_safe
@login_required
def dashboard(request: SignedInRequest) -> HttpResponse:
    """What waits for this person, and where they belong."""
    user = request.user
    todos = todos_for(user)
    return render(
        request,
        "portal/dashboard.html",
        {
            "todos": todos,
            "waiting": sum(todo.count for todo in todos),
            "memberships": list(memberships_of(user)),
            "requests": list(pending_requests_of(user)),
            "contributions": recent_contributions(user),
        },
    )


@require_safe
def favicon(request: HttpRequest) -> HttpResponse:
    """Browsers ask for it by themselves where a page names no icon: in the administration, beside a feed."""
    return redirect(static("img/logo.svg"))


@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    return render(request, "portal/robots.txt", content_type="text/plain; charset=utf-8")


@require_safe
def about(request: HttpRequest, page: str) -> HttpResponse:
    context = {
        "operator": settings.OPERATOR,
        # Who builds or tries the hub reads which setting is missing; a visitor could not set it.
        "names_settings": settings.DEMO or settings.DEBUG,
        "keep_read_days": settings.KEEP_READ_NOTIFICATIONS.days,
        "keep_unread_days": settings.KEEP_UNREAD_NOTIFICATIONS.days,
        "keep_mail_days": settings.KEEP_SENT_MAIL.days,
        # Ended sessions are removed once a day.
        "session_days": settings.SESSION_COOKIE_AGE // 86400 + 1,
        "contact_email": settings.CONTACT_EMAIL,
        "law": settings.ACCESSIBILITY_LAW,
        "enforcement_body": settings.ACCESSIBILITY_BODY,
        "enforcement_url": settings.ACCESSIBILITY_BODY_URL,
        "prepared_on": ACCESSIBILITY_PREPARED_ON,
        "reviewed_on": ACCESSIBILITY_REVIEWED_ON,
    }
    return render(request, f"portal/about_{page}.html", context)


@require_safe
def feeds(request: HttpRequest) -> HttpResponse:
    return render(request, "portal/feeds.html")
