"""django-allauth's routes, without those of pages that no administrator needs."""

from allauth.account.urls import urlpatterns as account_routes
from django.urls import URLPattern, URLResolver, include, path

LEFT_OUT = {
    # Accounts are made by invitation or command only.
    "account_signup",
    # The portal's own, which offers an organisation's own provider too (portal/urls.py).
    "account_login",
    # An administrator has the one address to which the invitation went, and it is confirmed by that.
    "account_email",
    "account_email_verification_sent",
    "account_confirm_email",
}

urlpatterns: list[URLPattern | URLResolver] = [
    *(route for route in account_routes if route.name not in LEFT_OUT),
    path("2fa/", include("allauth.mfa.urls")),
]
