"""How long the tables of this room keep their rows (core/retention.py)."""

from datetime import timedelta

from authsvc.core.retention import Kept, Swept

ROWS = (
    Kept(
        "keys_signingkey",
        "for good: one row a rotation, whose private part is destroyed when it is withdrawn; a key id is "
        "never used for another key",
    ),
    Kept("keys_vaultkey", "for good: one row an organisation, without which no reference opens"),
    Kept("keys_workerkey", "ten minutes after its worker was last heard of; workers delete it themselves"),
    Kept("keys_samplekey", "of a release before; workers delete what is left"),
    Swept(
        "keys_taskdone",
        "until",
        timedelta(0),
        "a task that was done is known for as long as its message is believed, one hour",
        tenants=False,
    ),
)
