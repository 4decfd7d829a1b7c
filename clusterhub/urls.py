"""Every address of the hub, each app's under its own name."""

from __future__ import annotations

from django.contrib import admin
from django.urls import include, path

from apps.accounts import single_sign_on
from apps.accounts.language import change_language

urlpatterns = [
    path("accounts/oidc/<str:provider_id>/login/", single_sign_on.sign_in),
    path("accounts/oidc/<str:provider_id>/login/callback/", single_sign_on.come_back),
    path("accounts/", include("allauth.urls")),
    path("account/", include("apps.accounts.urls")),
    path("language/", change_language, name="set_language"),
    path("admin/", admin.site.urls),
    path("contributions/", include("apps.publishing.urls")),
    path("exchanges/", include("apps.exchanges.urls")),
    path("knowledge/", include("apps.knowledge.urls")),
    path("reviews/", include("apps.reviews.urls")),
    path("notifications/searches/", include("apps.following.urls")),
    path("notifications/", include("apps.notifications.urls")),
    path("", include("apps.organisations.urls")),
    path("", include("apps.portal.urls")),
]

handler400 = "apps.core.views.bad_request"
handler403 = "apps.core.views.permission_denied"
handler404 = "apps.core.views.not_found"
handler500 = "apps.core.views.server_error"
# Asked for by allauth, as Django has no such handler.
handler429 = "apps.core.views.too_many"
