"""Routes of the people."""

from django.urls import path

from portal.people import views

urlpatterns = [
    path("", views.person_list, name="people"),
    path("new/", views.person_create, name="person-create"),
    path("<uuid:subject>/", views.person_detail, name="person"),
    path("<uuid:subject>/links/", views.link_create, name="link-create"),
    path("<uuid:subject>/links/<str:link>/revoke/", views.link_revoke, name="link-revoke"),
    path("<uuid:subject>/passkeys/<str:device>/revoke/", views.device_revoke, name="device-revoke"),
    path("<uuid:subject>/consent/withdraw/", views.consent_withdraw, name="consent-withdraw"),
    path("<uuid:subject>/needs/light/", views.light_keep, name="light-keep"),
    path("<uuid:subject>/close/", views.person_close, name="person-close"),
]
