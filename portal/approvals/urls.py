"""Routes of the approvals."""

from django.urls import path

from portal.approvals import views

urlpatterns = [
    path("", views.approval_list, name="approvals"),
    path("<str:approval>/", views.detail, name="approval"),
    path("<str:approval>/agree/", views.agree, name="approval-agree"),
    path("<str:approval>/alone/", views.alone, name="approval-alone"),
    path("<str:approval>/refuse/", views.refuse, name="approval-refuse"),
]
