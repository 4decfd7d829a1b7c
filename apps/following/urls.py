from __future__ import annotations

from django.urls import path

from apps.following import views

app_name = "following"
urlpatterns = [
    path("", views.search_list, name="search-list"),
    path("new/", views.search_create, name="search-create"),
    path("<int:pk>/rename/", views.search_rename, name="search-rename"),
    path("<int:pk>/delete/", views.search_delete, name="search-delete"),
]
