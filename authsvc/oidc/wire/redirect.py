"""Sending the browser on to a relying party."""

from urllib.parse import urlsplit

from django.http import HttpResponseRedirect


class RedirectAnywhere(HttpResponseRedirect):
    """A redirect to a registered address, whatever its scheme."""

    def __init__(self, redirect_to: str) -> None:
        self.allowed_schemes = [urlsplit(redirect_to).scheme]
        super().__init__(redirect_to)
