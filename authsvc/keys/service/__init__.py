"""The key service: keys and counters outside the database, behind one interface, in one of three places.

A place is a file here: `file` (one machine), `pkcs11` (a security module), `transit` (a service over HTTPS).
`chosen.key_service()` is the one that the settings name; nothing else of the product names a place.
"""
