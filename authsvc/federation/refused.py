"""Why a sign-in at a tenant's own provider lets nobody in: a calm sentence, and the exact reason."""

from django.utils.translation import gettext_lazy as _

from authsvc.core.errors import Refused


class ProviderAway(Refused):
    """The provider does not answer, or not as OpenID Connect has it."""

    def __init__(self, *, detail: str) -> None:
        text = _("Your organisation’s sign-in does not answer at the moment. Please try again soon.")
        super().__init__("provider-away", text, detail=detail, status=503)


class AnswerRefused(Refused):
    """What came back is not the provider's answer to this browser's sign-in."""

    def __init__(self, *, detail: str) -> None:
        text = _("That sign-in did not come to its end, and nobody was let in by it. Please begin again.")
        super().__init__("answer-refused", text, detail=detail, status=403)


class TooWeak(Refused):
    """Somebody signed in at the provider, but not as this organisation asks for."""

    def __init__(self, *, detail: str) -> None:
        text = _(
            "You signed in, but not in a way that your organisation takes here. "
            "Sign in with your second factor there, or ask who looks after your organisation’s sign-in."
        )
        super().__init__("too-weak", text, detail=detail, status=403)


class NoRole(Refused):
    """Somebody signed in at the provider whom its word, or the team's, lets do nothing here."""

    def __init__(self, *, detail: str) -> None:
        text = _(
            "You signed in, but your organisation gives you no role here. "
            "Ask an owner of your organisation in this portal."
        )
        super().__init__("no-role", text, detail=detail, status=403)
