from __future__ import annotations

from django.urls import path

from apps.portal import catalogue, demo_mail, gallery, sitemap, views

app_name = "portal"
urlpatterns = [
    path("", views.home, name="home"),
    path("dashboard/", views.dashboard, name="dashboard"),
    path("search/", catalogue.Everything.as_view(), name="search"),
    path("search/feed/", catalogue.Everything.feed_view(), name="search-feed"),
    path("search/csv/", catalogue.Everything.csv_view(), name="search-csv"),
    path("feeds/", views.feeds, name="feeds"),
    path("about/accessibility/", views.about, {"page": "accessibility"}, name="about-accessibility"),
    path("about/privacy/", views.about, {"page": "privacy"}, name="about-privacy"),
    path("about/imprint/", views.about, {"page": "imprint"}, name="about-imprint"),
    path("favicon.ico", views.favicon, name="favicon"),
    path("robots.txt", views.robots, name="robots"),
    path("sitemap.xml", sitemap.sitemap, name="sitemap"),
    path("gallery/", gallery.gallery, name="gallery"),
    path("demo/mail/", demo_mail.mail_list, name="demo-mail-list"),
    path("demo/mail/<str:key>/", demo_mail.mail_detail, name="demo-mail-detail"),
    path("demo/mail/<str:key>/html/", demo_mail.mail_html, name="demo-mail-html"),
]
