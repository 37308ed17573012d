"""Routes of the provider's screens."""

from django.urls import path

from portal.provider import address, views

urlpatterns = [
    path("", views.overview, name="provider"),
    path("options/", views.options_edit, name="provider-options"),
    path("address/", address.address, name="address"),
    path("address/live/", address.go_live, name="address-live"),
    path("address/leave/", address.leave, name="address-leave"),
    path("address/drop/", address.drop, name="address-drop"),
    path("statements/new/", views.issuer_trust, name="statement-issuer-trust"),
    path("statements/end/", views.issuer_distrust, name="statement-issuer-distrust"),
    path("tokens/", views.token_list, name="initial-tokens"),
    path("tokens/new/", views.token_create, name="initial-token-create"),
    path("tokens/<str:initial>/revoke/", views.token_revoke, name="initial-token-revoke"),
    path("keys/", views.key_list, name="signing-keys"),
    path("keys/<str:kid>/use/", views.key_use, name="signing-key-use"),
    path("keys/<str:kid>/revoke/", views.key_revoke, name="signing-key-revoke"),
]
