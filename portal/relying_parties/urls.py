"""Routes of the relying parties."""

from django.urls import path

from portal.relying_parties import bench, registering, testing, views

urlpatterns = [
    path("", views.party_list, name="relying-parties"),
    path("new/", registering.party_create, name="relying-party-create"),
    path("<str:party>/", views.party_detail, name="relying-party"),
    path("<str:party>/edit/", views.party_edit, name="relying-party-edit"),
    path("<str:party>/test/", testing.test_begin, name="relying-party-test"),
    path("<str:party>/tested/", testing.tested, name="relying-party-tested"),
    path("<str:party>/bench/", bench.bench, name="relying-party-bench"),
    path("<str:party>/bench/start/", bench.bench_start, name="relying-party-bench-start"),
    path("<str:party>/bench/stop/", bench.bench_stop, name="relying-party-bench-stop"),
    path("<str:party>/live/", bench.party_live, name="relying-party-live"),
    path("<str:party>/delete/", views.party_remove, name="relying-party-remove"),
    path("<str:party>/restore/", views.party_restore, name="relying-party-restore"),
    path("<str:party>/secrets/", views.secret_add, name="relying-party-secret-add"),
    path("<str:party>/secrets/<int:secret>/revoke/", views.secret_revoke, name="relying-party-secret-revoke"),
]
