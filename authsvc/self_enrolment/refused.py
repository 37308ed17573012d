"""Why somebody who signed in at the provider does not enrol: a calm sentence, and the exact reason."""

from django.utils.translation import gettext_lazy as _

from authsvc.core.errors import Refused


class NotAdmitted(Refused):
    """The organisation's rule does not let this person enrol by themselves."""

    def __init__(self, *, detail: str) -> None:
        text = _(
            "You signed in, but your organisation does not let you set this up by yourself. "
            "Ask there for a link of your own."
        )
        super().__init__("not-admitted", text, detail=detail, status=403)


class Incomplete(Refused):
    """The provider does not say what has to be known of a person."""

    def __init__(self, *, detail: str) -> None:
        text = _(
            "You signed in, but your organisation’s sign-in did not say enough about you. "
            "Ask who looks after it, or ask for a link of your own."
        )
        super().__init__("claims-missing", text, detail=detail, status=403)


class TakenByAnother(Refused):
    """The number belongs to somebody whom the provider calls otherwise."""

    def __init__(self, *, detail: str) -> None:
        text = _("You signed in, but are known here in another way. Ask your organisation for help.")
        super().__init__("known-otherwise", text, detail=detail, status=409)


class AlreadyEnrolled(Refused):
    """The person has a way to sign in, and no provider's word makes another (T13)."""

    def __init__(self, *, detail: str) -> None:
        text = _(
            "You are set up here already. Use the passkey that you have: with it you can also add another. "
            "Without it, use a recovery code, or ask your organisation for a new link."
        )
        super().__init__("already-enrolled", text, detail=detail, status=409)
