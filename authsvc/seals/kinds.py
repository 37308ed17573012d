"""The one table of sealed rows: of which model, which fields, by whose key, and who checks.

A row that makes somebody authenticated or allowed has its line here. To seal another: a line, a model that
inherits `rows.SealedRow`, its migration, and a row to alter in tests/attacks/test_t02_seals.py.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from operator import attrgetter
from typing import Any, Final, Literal

from django.apps import apps
from django.db.models import Model

Role = Literal["web", "worker", "portal"]
Sealing = Literal["web", "portal"]
Values = tuple[Any, ...]
Said = Mapping[str, Any]


def _anything(_said: Said) -> bool:
    return True


def _registered_itself(said: Said) -> bool:
    """What a registration without an administrator may come to: a third party that people are asked about."""
    registered = bool(said["registration_digest"]) and not said["first_party"]
    return registered or said["status"] == "suspended"


def _offers_nothing(said: Said) -> bool:
    offers = ("dynamic_registration", "open_registration", "sandbox_authenticator", "statement_issuers")
    return not any(said[name] for name in offers)


BY_PROVIDER: Final = "own provider"
"""Who made an enrolment link that web made, for somebody who came from there (authsvc/self_enrolment)."""


def _by_provider(said: Said) -> bool:
    return bool(said["created_by"] == BY_PROVIDER)


def _without_a_face(said: Said) -> bool:
    return not said["reference"]


@dataclass(frozen=True)
class Sealer:
    """A role whose key may seal a kind, and what it may say by it, field by field."""

    role: Sealing
    covers: Callable[[Said], bool] = _anything


@dataclass(frozen=True, eq=False)
class Kind:
    """One kind of sealed row.

    `fields` are what the seal speaks of, beside the tenant and the row's `identity`; of a kind with `all_but`
    it is every column but these. `derived` names the
    column that a field is read from, where it is not one itself. `private` seals are MACs, which only their
    maker can check; others are signatures. A row is `over` where a field has one of the values (None: where
    it is set): it lets nobody in and needs no seal, and none can be made for it again. Where an older copy of
    a row must be noticed, `counted` says so; a change of `moving` fields alone is no new version.
    """

    name: str
    model: str
    sealed_by: tuple[Sealer, ...]
    checked_by: tuple[Role, ...]
    fields: tuple[str, ...] = ()
    all_but: tuple[str, ...] = ()
    private: bool = False
    identity: tuple[str, ...] = ("pk",)
    derived: Mapping[str, str] = field(default_factory=dict)
    over: Mapping[str, tuple[str, ...] | None] = field(default_factory=dict)
    counted: bool = False
    moving: frozenset[str] = frozenset()

    @cached_property
    def model_class(self) -> type[Model]:
        """The model whose rows these are."""
        return apps.get_model(self.model)

    @cached_property
    def spoken(self) -> tuple[str, ...]:
        """The names of what the seal speaks of."""
        if self.fields:
            return self.fields
        left = {"tenant", "seal", *self.all_but}
        columns = self.model_class._meta.concrete_fields
        return tuple(each.name for each in columns if not each.primary_key and each.name not in left)

    @cached_property
    def attributes(self) -> tuple[str, ...]:
        """The attributes that hold it; of a foreign key its column's."""
        return tuple(self._attribute(name) for name in self.spoken)

    @cached_property
    def _read(self) -> Callable[[Any], Values]:
        if len(self.attributes) == 1:
            [only] = self.attributes
            return lambda row: (getattr(row, only),)
        return attrgetter(*self.attributes)

    @cached_property
    def _identify(self) -> Callable[[Any], Any]:
        return attrgetter(*map(self._attribute, self.identity))

    @cached_property
    def _unbounded(self) -> frozenset[Sealing]:
        return frozenset(each.role for each in self.sealed_by if each.covers is _anything)

    @cached_property
    def _columns(self) -> frozenset[str]:
        named = {self.derived.get(name, name) for name in (*self.spoken, *self.identity, *self.over)}
        return frozenset({*named, *self.attributes, "tenant", "tenant_id"})

    def values(self, row: Any) -> Values:
        """Return what a seal of the row speaks of, in the order of `spoken`."""
        return self._read(row)

    def said(self, values: Values) -> Said:
        """Return the values by their names."""
        return dict(zip(self.spoken, values, strict=True))

    def identify(self, row: Any) -> Any:
        """Return what tells the row from every other of its tenant."""
        return self._identify(row)

    def touched_by(self, names: Iterable[str]) -> bool:
        """Tell whether a change of these columns is one of what the seal speaks of."""
        return not self._columns.isdisjoint(names)

    def is_over(self, row: Any) -> bool:
        """Tell whether the row lets nobody in any more."""
        return any(_has(getattr(row, name), values) for name, values in self.over.items())

    def ends(self, changes: Mapping[str, Any]) -> bool:
        """Tell whether these new values make every row that gets them be over."""
        return any(name in changes and _has(changes[name], values) for name, values in self.over.items())

    def may_say(self, role: Sealing, values: Values) -> bool:
        """Tell whether a role's seal is good for a row that says this."""
        # Every token exchange passes here, and most kinds narrow nothing.
        if role in self._unbounded:
            return True
        return any(each.covers(self.said(values)) for each in self.sealed_by if each.role == role)

    def moved_only(self, before: Values, after: Values) -> bool:
        """Tell whether nothing changed but fields that move as the row is used."""
        pairs = zip(self.spoken, before, after, strict=True)
        return all(old == new for name, old, new in pairs if name not in self.moving)

    def _attribute(self, name: str) -> str:
        if name == "pk" or name in self.derived:
            return name
        return str(self.model_class._meta.get_field(name).attname)  # type: ignore[union-attr]


def _has(value: Any, values: tuple[str, ...] | None) -> bool:
    return value is not None if values is None else value in values


_WEB: Final = (Sealer("web"),)
_PORTAL: Final = (Sealer("portal"),)

KINDS: Final[tuple[Kind, ...]] = (
    Kind(
        name="session",
        model="oidc.Session",
        fields=("digest", "subject", "device", "events", "authenticated_at", "last_used_at"),
        sealed_by=_WEB,
        checked_by=("web",),
        private=True,
        over={"ended_at": None},
        counted=True,
        moving=frozenset({"device", "events", "authenticated_at", "last_used_at"}),
    ),
    Kind(
        # Not its session: that is deleted long before the grant is, which then has none.
        name="grant",
        model="oidc.Grant",
        fields=(
            *("client", "subject", "device", "transaction", "scope", "claims", "sub", "sid", "acr", "amr"),
            *("policy", "auth_time", "nonce", "redirect_uri", "code_challenge", "code_digest"),
            *("code_expires_at",),
            *("dpop_jkt", "created_at", "expires_at", "face", "handoff"),
        ),
        sealed_by=_WEB,
        checked_by=("web",),
        private=True,
        over={"revoked_at": None},
    ),
    Kind(
        name="token",
        model="oidc.Token",
        fields=("kind", "grant", "scope", "jkt", "x5t", "issued_at", "expires_at", "spent_at", "spent_on"),
        sealed_by=_WEB,
        checked_by=("web",),
        private=True,
        over={"revoked_at": None},
    ),
    Kind(
        name="device",
        model="devices.Device",
        fields=(
            *("subject", "credential_id", "public_key", "aaguid", "sign_count", "syncable", "attested"),
            *("simulated", "status", "recovered", "receiving_key"),
        ),
        sealed_by=_WEB,
        checked_by=("web", "worker"),
        over={"status": ("revoked",)},
        counted=True,
        moving=frozenset({"sign_count"}),
    ),
    Kind(
        name="subject",
        model="subjects.Subject",
        fields=(
            *("name", "external_id", "claims", "status", "user_handle", "reference", "reference_version"),
            "reference_moments",
        ),
        # The portal enters people, and takes a face away. A worker's reference takes effect at the web.
        sealed_by=(Sealer("web"), Sealer("portal", _without_a_face)),
        checked_by=("web", "worker"),
        over={"status": ("closed",)},
        counted=True,
    ),
    Kind(
        name="amendment",
        model="subjects.Amendment",
        fields=("subject", "name", "external_id", "claims", "status"),
        sealed_by=_PORTAL,
        checked_by=("web",),
        counted=True,
    ),
    Kind(
        name="evidence",
        model="transactions.Transaction",
        # What the worker said of a face is signed by itself (transactions/verdict.py).
        fields=(
            *("kind", "client", "request", "subject", "device", "browser_digest", "session_key"),
            *("proven_by_passkey", "continue_path", "created_at", "expires_at"),
            *("agent_digest", "agent_path", "stored_handoff"),
        ),
        sealed_by=_WEB,
        checked_by=("web", "worker"),
        derived={"proven_by_passkey": "stored_evidence"},
        over={"state": ("consumed", "cancelled", "expired")},
    ),
    Kind(
        name="policy",
        model="policy.PolicyVersion",
        fields=("number", "document", "digest", "published_by", "published_at"),
        sealed_by=_PORTAL,
        # The portal shows of each version whether it is whole.
        checked_by=("web", "worker", "portal"),
        identity=("number",),
    ),
    Kind(
        name="membership",
        model="memberships.Membership",
        fields=("role", "disabled_at"),
        sealed_by=_PORTAL,
        checked_by=("portal",),
        private=True,
        identity=("user",),
        counted=True,
    ),
    Kind(
        # Where a tenant lives: its issuer, and which pages may use its passkeys.
        name="host",
        model="hosts.Host",
        fields=("state", "rp_id", "live_at", "left_at"),
        sealed_by=_PORTAL,
        checked_by=("web", "portal"),
        identity=("host",),
        counted=True,
    ),
    Kind(
        name="invitation",
        model="memberships.Invitation",
        fields=("email", "role", "starts_anew", "digest", "invited_by", "expires_at"),
        sealed_by=_PORTAL,
        checked_by=("portal",),
        private=True,
        over={"used_at": None, "withdrawn_at": None},
        counted=True,
    ),
    Kind(
        # Whose word about administrators is taken, and what roles it gives.
        name="single-sign-on",
        model="memberships.SingleSignOn",
        all_but=("sealed_secret",),
        sealed_by=_PORTAL,
        checked_by=("portal",),
        private=True,
        identity=("tenant",),
        counted=True,
    ),
    Kind(
        name="identity",
        model="memberships.Identity",
        # What a provider calls somebody is any text, and no name of a counter.
        fields=("issuer", "sub", "user", "gives_membership"),
        sealed_by=_PORTAL,
        checked_by=("portal",),
        private=True,
        counted=True,
    ),
    Kind(
        # Who asked, for what, why, and from when they may go without a second: what another agrees to.
        name="approval",
        model="management.Approval",
        fields=(
            *("act", "arguments", "digest", "about", "why", "asked_by", "asked_by_name", "asked_at"),
            *("expires_at", "alone_from", "state"),
        ),
        sealed_by=_PORTAL,
        checked_by=("portal",),
        private=True,
        over={"state": ("approved", "refused", "expired")},
        counted=True,
    ),
    Kind(
        # Who registered itself is the web's, as such; every other one is the portal's.
        name="relying-party",
        model="clients.RelyingParty",
        all_but=("created_at",),
        sealed_by=(Sealer("web", _registered_itself), *_PORTAL),
        checked_by=("web",),
        counted=True,
    ),
    Kind(
        name="client-secret",
        model="clients.ClientSecret",
        fields=("expires_at",),
        sealed_by=(*_PORTAL, *_WEB),
        checked_by=("web",),
        identity=("relying_party", "digest"),
        counted=True,
    ),
    Kind(
        name="provider",
        model="oidc.Provider",
        all_but=("sealed_pairwise_secret",),
        # The web makes the row, in which nothing is offered yet.
        sealed_by=(Sealer("web", _offers_nothing), *_PORTAL),
        checked_by=("web",),
        identity=("tenant",),
        counted=True,
    ),
    Kind(
        name="enrolment-link",
        model="enrolment.EnrolmentLink",
        fields=("subject", "digest", "created_by", "expires_at"),
        sealed_by=(*_PORTAL, Sealer("web", _by_provider)),
        checked_by=("web",),
        over={"used_at": None, "revoked_at": None},
        counted=True,
    ),
    Kind(
        # Whose word about people is taken, and who may enrol by it.
        name="people-provider",
        model="self_enrolment.PeopleProvider",
        all_but=("sealed_secret",),
        sealed_by=_PORTAL,
        checked_by=("web", "portal"),
        identity=("tenant",),
        counted=True,
    ),
    Kind(
        # Whom that provider calls so; an older row gives nobody another's account.
        name="arrival",
        model="self_enrolment.Arrival",
        fields=("issuer", "sub", "subject"),
        sealed_by=_WEB,
        checked_by=("web", "portal"),
        counted=True,
    ),
    Kind(
        # Which lines are to be entered by whom: each gets a link.
        name="people-import",
        model="enrolment.PeopleImport",
        fields=("digest", "made_by", "made_by_name", "state", "way"),
        sealed_by=_PORTAL,
        checked_by=("portal",),
        private=True,
        over={"state": ("done", "stopped")},
        counted=True,
    ),
    Kind(
        name="recovery-codes",
        model="enrolment.RecoveryCodes",
        fields=("subject", "beginning", "digests", "made_at"),
        sealed_by=_WEB,
        checked_by=("web",),
        private=True,
        # A code that was used does not come back with an older copy of the row.
        counted=True,
    ),
    Kind(
        name="consent",
        model="privacy.ConsentReceipt",
        fields=("subject", "purpose", "notice_version", "notice", "given_at", "expires_at"),
        sealed_by=_WEB,
        checked_by=("web", "worker"),
        over={"withdrawn_at": None},
        counted=True,
    ),
    Kind(
        # It makes the proof of a living person easier.
        name="need",
        model="privacy.Need",
        fields=("by_person", "set_at"),
        sealed_by=(*_WEB, *_PORTAL),
        checked_by=("web",),
        identity=("subject", "kind"),
        counted=True,
    ),
    Kind(
        name="remembered-consent",
        model="oidc.RememberedConsent",
        fields=("scopes", "claims", "given_at", "expires_at"),
        sealed_by=_WEB,
        checked_by=("web",),
        private=True,
        identity=("client", "subject"),
    ),
    Kind(
        name="visit",
        model="person.Visit",
        fields=("subject", "device", "proven_at", "last_used_at"),
        sealed_by=_WEB,
        checked_by=("web",),
        private=True,
        identity=("digest",),
        over={"ended_at": None},
        counted=True,
        moving=frozenset({"last_used_at"}),
    ),
    Kind(
        name="backchannel-request",
        model="oidc.BackchannelRequest",
        fields=(
            *("digest", "client", "subject", "scope", "acr_values", "binding_message", "state", "grant"),
            *("created_at", "expires_at"),
        ),
        sealed_by=_WEB,
        checked_by=("web",),
        private=True,
        over={"redeemed_at": None},
    ),
    Kind(
        name="initial-token",
        model="oidc.InitialAccessToken",
        fields=("uses_left", "created_at", "expires_at"),
        # The web counts its uses down.
        sealed_by=(*_PORTAL, *_WEB),
        checked_by=("web",),
        counted=True,
    ),
)

_BY_LABEL: Final = {kind.model.lower(): kind for kind in KINDS}


def kind_of(model: type[Model]) -> Kind:
    """Return the line of a sealed model; raises KeyError for another one."""
    return _BY_LABEL[model._meta.label_lower]


def is_sealed(model: type[Model]) -> bool:
    """Tell whether a model has a line here."""
    return model._meta.label_lower in _BY_LABEL
