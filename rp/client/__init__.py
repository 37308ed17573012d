"""What a partner adds to mozilla-django-oidc: strict checks, assurance, sign-out from the provider."""
