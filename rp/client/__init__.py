"""What a partner adds to mozilla-django-oidc: strict checks, assurance, sign-out from the provider.

Installed from this folder's parent it is `visor_client` (../pyproject.toml), so its modules know each other
by their place alone.
"""
