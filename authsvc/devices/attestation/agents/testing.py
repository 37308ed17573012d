"""`test`: a root whose private half is published with the software phone: whoever likes can sign by it.

It stands for what vouches for a real app, and says nothing of any device; sandboxes alone trust it.
"""

import json
from dataclasses import asdict
from typing import Final

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from authsvc.devices.attestation.agents import Keys

TYPE: Final = "visor-agent+jws"
ROOT: Final[dict[str, str | list[str]]] = {
    "kty": "EC",
    "crv": "P-256",
    "x": "gWhoTe2B404cwvPKaBVmGkQrvudl9jlEg--FkX6Yfo0",
    "y": "5qqo5dBzoh1yi9fWV7c4NO_C5Z6vDzB7-MXqTn2uVCw",
}


def vouches(statement: str, keys: Keys) -> bool:
    """Tell whether the root signed a statement about exactly these keys."""
    try:
        found = jws.deserialize_compact(statement, ECKey.import_key(ROOT), ["ES256"])
        said = json.loads(found.payload)
    except (JoseError, ValueError, TypeError):
        return False
    return found.protected.get("typ") == TYPE and said == asdict(keys)
