"""Who is calling: each method in a file of its own, tried by what the request carries."""

from authsvc.oidc.callers.authenticate import authenticate_client

__all__ = ["authenticate_client"]
