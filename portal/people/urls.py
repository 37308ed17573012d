"""Routes of the people."""

from django.urls import path

from authsvc.management.needs import Kind
from portal.people import acting, disputing, imports, views

urlpatterns = [
    path("", views.person_list, name="people"),
    path("new/", views.person_create, name="person-create"),
    path("import/", imports.import_list, name="people-import"),
    path("import/file/", imports.import_file, name="people-import-file"),
    path("import/<str:table>/", imports.import_table, name="people-import-table"),
    path("import/<str:table>/begin/", imports.import_begin, name="people-import-begin"),
    path("import/<str:table>/stop/", imports.import_stop, name="people-import-stop"),
    path("import/<str:table>/links/", imports.import_links, name="people-import-links"),
    path("<uuid:subject>/", views.person_detail, name="person"),
    path("<uuid:subject>/links/", views.link_create, name="link-create"),
    path("<uuid:subject>/links/<str:link>/revoke/", views.link_revoke, name="link-revoke"),
    path("<uuid:subject>/passkeys/<str:device>/revoke/", views.device_revoke, name="device-revoke"),
    path("<uuid:subject>/consent/withdraw/", views.consent_withdraw, name="consent-withdraw"),
    path("<uuid:subject>/needs/light/", views.need_keep, {"kind": Kind.NO_LIGHT}, name="light-keep"),
    path("<uuid:subject>/needs/turn/", views.need_keep, {"kind": Kind.NO_TURN}, name="turn-keep"),
    path("<uuid:subject>/edit/", acting.person_edit, name="person-edit"),
    path("<uuid:subject>/suspend/", acting.person_suspend, name="person-suspend"),
    path("<uuid:subject>/resume/", acting.person_resume, name="person-resume"),
    path("<uuid:subject>/disputes/new/", disputing.dispute_raise, name="dispute-raise"),
    path("<uuid:subject>/disputes/<str:dispute>/", disputing.dispute_answer, name="dispute"),
    path("<uuid:subject>/erasure/", acting.person_erasure, name="person-erasure"),
    path("<uuid:subject>/close/", acting.person_close, name="person-close"),
]
