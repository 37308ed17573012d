"""Routes of the relying parties."""

from django.urls import path

from portal.relying_parties import views

urlpatterns = [
    path("", views.party_list, name="relying-parties"),
    path("new/", views.party_create, name="relying-party-create"),
    path("<str:party>/", views.party_detail, name="relying-party"),
    path("<str:party>/edit/", views.party_edit, name="relying-party-edit"),
    path("<str:party>/secrets/", views.secret_add, name="relying-party-secret-add"),
    path("<str:party>/secrets/<int:secret>/revoke/", views.secret_revoke, name="relying-party-secret-revoke"),
]
