"""What a new passkey is worth: who may copy its key, who vouches for it, which share it can release."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fido2.webauthn import AuthenticatorData, RegistrationResponse

from authsvc.devices.attestation.judging import is_attested

# The model that the software phone's authenticator names; the phone itself is no part of this program.
SIMULATOR_AAGUID = uuid.UUID("80fd10ce-3b6a-5d45-8c89-a9f3b4813211")


@dataclass(frozen=True)
class Worth:
    """The fields of a device that a level is computed from; `share_kind` is "prf" or "browser"."""

    syncable: bool
    attested: bool
    share_kind: str
    simulated: bool


def worth_of(made: RegistrationResponse, *, aaguid: uuid.UUID) -> Worth:
    """Return what a passkey is worth whose registration has been verified.

    One that its maker may copy to other devices (backup-eligible) counts as software-held, and so does every
    one that no attestation proves to be hardware (`Device.key_kind`). The share kind is `prf` where the
    authenticator says that it has PRF, else `browser`. `aaguid` is the id of the authenticator's model.
    """
    attestation = made.response.attestation_object
    return Worth(
        syncable=bool(attestation.auth_data.flags & AuthenticatorData.FLAG.BE),
        attested=is_attested(attestation, made.response.client_data.hash),
        share_kind="prf" if _has_prf(made.client_extension_results) else "browser",
        simulated=aaguid == SIMULATOR_AAGUID,
    )


def _has_prf(results: Mapping[str, Any]) -> bool:
    prf = results.get("prf")
    return isinstance(prf, Mapping) and prf.get("enabled") is True
