from __future__ import annotations

from django.urls import path

from apps.organisations import views

app_name = "organisations"
urlpatterns = [
    path("clusters/", views.ClusterCatalogue.as_view(), name="cluster-list"),
    path("clusters/feed/", views.ClusterCatalogue.feed_view(), name="cluster-feed"),
    path("clusters/csv/", views.ClusterCatalogue.csv_view(), name="cluster-csv"),
    # What stands before <slug:slug> is reserved in ``services.RESERVED_SLUGS``.
    path("organisations/", views.OrganisationCatalogue.as_view(), name="organisation-list"),
    path("organisations/feed/", views.OrganisationCatalogue.feed_view(), name="organisation-feed"),
    path("organisations/csv/", views.OrganisationCatalogue.csv_view(), name="organisation-csv"),
    path("organisations/new/", views.organisation_create, name="organisation-create"),
    path("organisations/<slug:slug>/", views.organisation_detail, name="organisation-detail"),
    path("organisations/<slug:slug>/edit/", views.organisation_edit, name="organisation-edit"),
    path("organisations/<slug:slug>/people/", views.organisation_people, name="organisation-people"),
    path("organisations/<slug:slug>/join/", views.join, name="organisation-join"),
    path("organisations/<slug:slug>/leave/", views.leave, name="organisation-leave"),
    path("organisations/<slug:slug>/confirm/", views.confirm, name="organisation-confirm"),
    path("organisations/<slug:slug>/requests/<int:pk>/accept/", views.request_accept, name="request-accept"),
    path(
        "organisations/<slug:slug>/requests/<int:pk>/decline/", views.request_decline, name="request-decline"
    ),
    path(
        "organisations/<slug:slug>/requests/<int:pk>/withdraw/",
        views.request_withdraw,
        name="request-withdraw",
    ),
    path("organisations/<slug:slug>/people/<int:user_id>/role/", views.member_role, name="member-role"),
    path("organisations/<slug:slug>/people/<int:user_id>/remove/", views.member_remove, name="member-remove"),
]
