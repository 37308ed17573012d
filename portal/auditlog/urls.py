"""Routes of the audit log."""

from django.urls import path

from portal.auditlog import views

urlpatterns = [path("", views.audit_list, name="audit")]
