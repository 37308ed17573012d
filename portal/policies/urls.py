"""Routes of the policies."""

from django.urls import path

from portal.policies import drafts, trying, views

urlpatterns = [
    path("", views.policies, name="policies"),
    path("versions/compare/", views.compare, name="policy-compare"),
    path("versions/<int:edition>/", views.version, name="policy-version"),
    path("versions/<int:edition>/restore/", views.restore, name="policy-restore"),
    path("change/<slug:section>/", drafts.change, name="policy-change"),
    path("draft/", drafts.draft, name="policy-draft"),
    path("draft/publish/", drafts.publish, name="policy-publish"),
    path("draft/discard/", drafts.discard, name="policy-discard"),
    path("parties/", drafts.parties, name="policy-parties"),
    path("parties/<str:party>/", drafts.party, name="policy-party"),
    path("try/", trying.dry_run_page, name="policy-dry-run"),
    path("try/people/", trying.people, name="policy-dry-run-people"),
]
