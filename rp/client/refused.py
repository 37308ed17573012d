"""Why a sign-in ends here."""


class Refused(Exception):
    """The provider's answer is not accepted; `reason` is for the log, never for the page."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class ProviderUnreachable(Refused):
    """The provider does not answer, or not as OpenID Connect Discovery 1.0 demands."""


class Declined(Refused):
    """The person turned back: `access_denied` (RFC 6749 section 4.1.2.1)."""


class NotReached(Refused):
    """The person could not prove as much as was asked.

    OpenID Connect Core Error Code `unmet_authentication_requirements` 1.0.
    """


RETURNED = {"access_denied": Declined, "unmet_authentication_requirements": NotReached}
