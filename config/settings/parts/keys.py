"""Where keys and counters lie that are no part of the database."""

from typing import Any

from config.settings.given import given

# The key that signs the log's checkpoints; the secrets file of one machine holds it too.
CHECKPOINT_KEY_FILE = given.checkpoint_key_file
KEY_SERVICE = given.key_service
KEY_STORE = given.key_store or given.data_dir / "keys"
PKCS11: dict[str, Any] = {
    "module": given.pkcs11_module,
    "token": given.pkcs11_token,
    "pin": given.pkcs11_pin,
}
TRANSIT: dict[str, Any] = {
    "url": given.transit_url,
    "token": given.transit_token,
    "ca": given.transit_ca,
}
