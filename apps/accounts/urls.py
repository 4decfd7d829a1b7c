from __future__ import annotations

from django.urls import URLPattern, path

from apps.accounts import views

app_name = "accounts"
urlpatterns: list[URLPattern] = [
    path("settings/", views.settings_page, name="settings"),
    path("consent/", views.consent_give, name="consent-give"),
    path("export/", views.export, name="export"),
    path("second-factor/", views.second_factor, name="second-factor"),
    path("erase/", views.erase, name="erase"),
    path("demo-sign-in/", views.demo_sign_in, name="demo-sign-in"),
]
