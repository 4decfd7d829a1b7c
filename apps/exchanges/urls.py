from __future__ import annotations

from django.urls import path

from apps.exchanges.views import after, cases, hosts, officers, programmes, public

app_name = "exchanges"
# What stands before <slug:slug> is reserved in ``services.offers.RESERVED_SLUGS``.
urlpatterns = [
    path("", public.OfferCatalogue.as_view(), name="offer-list"),
    path("feed/", public.OfferCatalogue.feed_view(), name="offer-feed"),
    path("csv/", public.OfferCatalogue.csv_view(), name="offer-csv"),
    path("new/", hosts.offer_create, name="offer-create"),
    path("programmes/", programmes.programme_list, name="programme-list"),
    path("programmes/new/", programmes.programme_create, name="programme-create"),
    path("programmes/<slug:slug>/", programmes.programme_detail, name="programme-detail"),
    path("programmes/<slug:slug>/edit/", programmes.programme_edit, name="programme-edit"),
    path("programmes/<slug:slug>/officers/", programmes.programme_officers, name="programme-officers"),
    path(
        "programmes/<slug:slug>/officers/<int:user_id>/remove/",
        programmes.officer_remove,
        name="officer-remove",
    ),
    *(
        path(
            f"programmes/<slug:slug>/{step}/",
            programmes.programme_step,
            {"step": step},
            name=f"programme-{step}",
        )
        for step in programmes.STEPS
    ),
    path(
        "programmes/<slug:slug>/applications/",
        officers.programme_applications,
        name="programme-applications",
    ),
    path(
        "programmes/<slug:slug>/applications/csv/",
        officers.programme_applications_csv,
        name="programme-applications-csv",
    ),
    path("programmes/<slug:slug>/learnings/", after.learnings, name="learnings"),
    path("applications/", cases.application_list, name="application-list"),
    path("applications/<uuid:pk>/", cases.application_detail, name="application-detail"),
    path("applications/<uuid:pk>/edit/", cases.application_edit, name="application-edit"),
    path("applications/<uuid:pk>/autosave/", cases.application_autosave, name="application-autosave"),
    path("applications/<uuid:pk>/agreement/", after.agreement, name="agreement"),
    path("applications/<uuid:pk>/agreement.pdf", after.agreement_pdf, name="agreement-pdf"),
    path("applications/<uuid:pk>/report/", after.report, name="report"),
    path("applications/<uuid:pk>/evidence/", after.evidence, name="evidence"),
    path("applications/<uuid:pk>/evidence/<int:evidence_pk>/", after.evidence_file, name="evidence-file"),
    path(
        "applications/<uuid:pk>/evidence/<int:evidence_pk>/remove/",
        after.evidence_remove,
        name="evidence-remove",
    ),
    path("applications/<uuid:pk>/follow-up/", after.follow_up, name="follow-up"),
    path("applications/<uuid:pk>/reviewers/", officers.reviewer_invite, name="reviewer-invite"),
    path(
        "applications/<uuid:pk>/reviewers/<uuid:review_pk>/release/",
        officers.reviewer_release,
        name="reviewer-release",
    ),
    path("applications/<uuid:pk>/<slug:name>/", cases.application_step, name="application-step"),
    path("<slug:slug>/apply/", cases.application_start, name="application-start"),
    path("<slug:slug>/edit/", hosts.offer_edit, name="offer-edit"),
    path("<slug:slug>/ask/", public.offer_ask, name="offer-ask"),
    path("<slug:slug>/questions/<int:pk>/hide/", public.remark_hide, {"is_hidden": True}, name="remark-hide"),
    path(
        "<slug:slug>/questions/<int:pk>/show/", public.remark_hide, {"is_hidden": False}, name="remark-show"
    ),
    path("<slug:slug>/return/", hosts.offer_return, name="offer-return"),
    *(
        path(f"<slug:slug>/{step}/", hosts.offer_step, {"step": step}, name=f"offer-{step}")
        for step in hosts.STEPS
    ),
    path("<slug:slug>/", public.offer_detail, name="offer-detail"),
]
