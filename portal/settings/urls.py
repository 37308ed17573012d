"""Routes of the settings."""

from django.urls import path

from portal.settings import views

urlpatterns = [
    path("", views.overview, name="settings"),
    path("organisation/", views.organisation, name="settings-organisation"),
    path("look/", views.look, name="settings-look"),
    path("look/logo/", views.logo, name="settings-logo"),
    path("look/logo/remove/", views.drop_logo, name="settings-logo-remove"),
    path("preview/page/", views.preview_page, name="preview-page"),
    path("preview/mail/", views.preview_mail, name="preview-mail"),
]
