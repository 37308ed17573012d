"""The signed statements that this provider reads, one specification a use, side by side."""

from dataclasses import replace
from datetime import timedelta

from authsvc.oidc.proofs.claims import Audience, SingleUse, Specification
from authsvc.oidc.wire.lifetimes import CLIENT_ASSERTION, CLOCK_SKEW

_HOUR = timedelta(minutes=60)
# A jti is remembered for as long as its statement could come again, and a little longer.
_SKEWS = 2 * CLOCK_SKEW
_MINUTE = timedelta(minutes=1)
_SECOND = timedelta(seconds=1)

# private_key_jwt: OpenID Connect Core section 9, with FAPI 2.0's times for all. Many libraries name the
# issuer and the token endpoint side by side, openid-client 5 among them.
CLIENT_ASSERTION_JWT = Specification(
    required=("iss", "sub", "aud", "exp", "jti"),
    optional=("iat", "nbf"),
    audience=Audience.OURS,
    iat_ahead=_MINUTE,
    exp_ahead=CLIENT_ASSERTION,
    single_use=SingleUse("client-assertion", CLIENT_ASSERTION + _SKEWS + _MINUTE),
)
# FAPI 2.0 Security Profile section 5.3.2.1: the issuer as a text.
FAPI2_CLIENT_ASSERTION = replace(CLIENT_ASSERTION_JWT, audience=Audience.TEXT)

# OpenID Connect Core section 6.1: what is there has to be true.
REQUEST_OBJECT = Specification(optional=("client_id", "iss", "aud", "exp", "nbf"))
# FAPI 2.0 Message Signing section 5.3.1: 60 minutes at most.
FAPI2_REQUEST_OBJECT = replace(
    REQUEST_OBJECT, required=("aud", "exp", "nbf"), optional=("client_id", "iss"), life=_HOUR
)
# CIBA Core 1.0 section 7.1.1, and FAPI-CIBA section 5.2.2: 60 minutes at most.
BACKCHANNEL_REQUEST = Specification(
    required=("aud", "iss", "exp", "iat", "nbf", "jti"),
    life=_HOUR,
    single_use=SingleUse("ciba-request", _HOUR + _SKEWS),
)

# RFC 9449 section 4.3; `htu` and `ath` are compared by the reader. A proof is of this very moment.
DPOP_PROOF = Specification(
    required=("htm", "iat", "jti"),
    iat_ahead=CLOCK_SKEW + _SECOND,
    iat_age=CLOCK_SKEW + _SECOND,
    single_use=SingleUse("dpop", timedelta(minutes=2)),
)
# One with a nonce of this provider is as fresh as that nonce, whatever its clock says (section 8).
DPOP_PROOF_WITH_NONCE = replace(DPOP_PROOF, iat_ahead=None, iat_age=None)

# RFC 7591 section 2.3: it may end, and then without grace, as no clock of a client is involved.
SOFTWARE_STATEMENT = Specification(optional=("exp",), skew=timedelta())

# OpenID Connect Core section 3.1.2.1: a hint may be an ID token that has expired, so `exp` is not looked at.
# The other statements of this issuer lack one of these claims (answers by JARM, userinfo, logout tokens,
# introspections) or name another type in their header (access tokens).
ID_TOKEN_HINT = Specification(
    required=("iss", "aud", "sub", "iat", "auth_time", "acr"), audience=Audience.TEXT, iat_ahead=None
)
