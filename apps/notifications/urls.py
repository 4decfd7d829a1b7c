from __future__ import annotations

from django.urls import path

from apps.notifications import views

app_name = "notifications"
urlpatterns = [
    path("", views.notification_list, name="notification-list"),
    path("settings/", views.notification_settings, name="settings"),
    path("read/", views.notification_read_all, name="notification-read-all"),
    path("<int:pk>/open/", views.notification_open, name="notification-open"),
    path("<int:pk>/read/", views.notification_read, name="notification-read"),
    path("unsubscribe/<str:token>/", views.unsubscribe, name="unsubscribe"),
]
