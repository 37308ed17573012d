"""A request as the rules read it, and what it asks for once they have passed."""

from dataclasses import asdict, dataclass, field
from datetime import timedelta
from typing import Any

from authsvc.clients.models import RelyingParty
from authsvc.oidc.wire.lifetimes import BACKCHANNEL_REQUEST
from authsvc.subjects.models import Subject
from authsvc.tenancy.models import Tenant


@dataclass
class Wanted:
    """The request in checked form; it travels as JSON through the transaction.

    `essential_acr` are the acr values of which one must be met, in order of preference, or None where
    the request leaves it open. `face` says that the request demands one, `presence` that it demands a living
    person before a camera. `max_age` is in seconds. `pushed` is the digest of the pushed request that it
    came from. A `test` was pushed by the portal: its result is shown there, and goes nowhere else.
    """

    client_id: str = ""
    redirect_uri: str = ""
    response_mode: str = "query"
    state: str | None = None
    nonce: str = ""
    scope: list[str] = field(default_factory=list)
    claims: dict[str, Any] = field(default_factory=dict)
    prompt: list[str] = field(default_factory=list)
    max_age: int | None = None
    acr_values: list[str] = field(default_factory=list)
    essential_acr: list[str] | None = None
    face: bool = False
    presence: bool = False
    sub: str = ""
    code_challenge: str = ""
    dpop_jkt: str = ""
    pushed: str = ""
    test: bool = False

    def to_json(self) -> dict[str, Any]:
        """Return the request as JSON."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> "Wanted":
        """Return the request that `to_json` wrote; what else stands beside it is left alone."""
        names = cls.__dataclass_fields__
        return cls(**{name: value for name, value in value.items() if name in names})


@dataclass
class Backchannel:
    """What only a request without a browser says: about whom, the message that both devices show, the token
    that the relying party is called back with, and how long it waits.

    `subject` is whom the hint names, None where it names nobody.
    """

    subject: Subject | None = None
    binding_message: str = ""
    notification_token: str = ""
    life: timedelta = BACKCHANNEL_REQUEST
    hint: str = ""


@dataclass(frozen=True)
class Tried:
    """One case of the test bench: at which relying party, of which run, and what is to be wrong."""

    client_id: str
    run: str
    case: str


@dataclass
class Context:
    """What the rules read and fill in, at whichever endpoint.

    `client` is known after its rule, and `returnable` says that the redirect URI has been found good:
    from then on an error goes back to the relying party. `tried` is set where the test bench asks.
    """

    tenant: Tenant
    parameters: dict[str, str]
    wanted: Wanted = field(default_factory=Wanted)
    client_: RelyingParty | None = None
    returnable: bool = False
    backchannel: Backchannel = field(default_factory=Backchannel)
    tried: Tried | None = None

    @property
    def client(self) -> RelyingParty:
        """The relying party; only after its rule has run."""
        assert self.client_ is not None
        return self.client_
