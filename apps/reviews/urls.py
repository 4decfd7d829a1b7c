from __future__ import annotations

from django.urls import path

from apps.reviews import views

app_name = "reviews"
urlpatterns = [
    path("", views.review_list, name="review-list"),
    path("<uuid:pk>/", views.review_detail, name="review-detail"),
    path("<uuid:pk>/declare/", views.review_declare, name="review-declare"),
    path("<uuid:pk>/conflict/", views.review_conflict, name="review-conflict"),
    path("<uuid:pk>/refuse/", views.review_refuse, name="review-refuse"),
    path("<uuid:pk>/score/", views.review_score, name="review-score"),
]
