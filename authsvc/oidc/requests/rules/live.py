"""A relying party that is in test lets nobody sign in but the test bench and the test sign-in (S6.2-08)."""

from django.utils.translation import gettext_lazy as _

from authsvc.clients.settings.life import in_test
from authsvc.oidc.requests.wanted import Context
from authsvc.oidc.wire.refusal import RequestRefused


def check(context: Context) -> None:
    """Refuse people, on a page of ours: nothing is sent to a relying party that nobody has tested."""
    if context.tried is not None and context.tried.client_id != context.client.client_id:
        context.tried = None
    if in_test(context.client) and context.tried is None and not context.wanted.test:
        raise RequestRefused(
            "access_denied",
            "This client is in test.",
            rule="client-live",
            came="a sign-in",
            expected="a relying party that was let live in the portal, after its test bench",
            person=_("This site is being tested. Nobody can sign in to it yet."),
        )
