from __future__ import annotations

from django.urls import URLPattern, path

from apps.publishing import views

app_name = "publishing"
urlpatterns: list[URLPattern] = [
    path("", views.contribution_list, name="contribution-list"),
    path("<int:pk>/", views.contribution_detail, name="contribution-detail"),
    path("<int:pk>/withdraw/", views.contribution_withdraw, name="contribution-withdraw"),
    path("<int:pk>/<slug:name>/", views.contribution_step, name="contribution-step"),
]
