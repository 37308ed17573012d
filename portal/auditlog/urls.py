"""Routes of the audit log."""

from django.urls import path

from portal.auditlog import views

urlpatterns = [
    path("", views.audit_list, name="audit"),
    path("checks/", views.checks, name="audit-checks"),
    path("checks/start/", views.start_check, name="audit-check"),
    path("export/", views.export, name="audit-export"),
    path("export/<str:approval>/", views.take_export, name="audit-export-take"),
    path("<int:event>/", views.audit_event, name="audit-event"),
]
