"""Things that may be seen once, whatever the number of processes that see them."""

from dataclasses import dataclass
from datetime import datetime

from authsvc.core.ids import secret_hash
from authsvc.oidc.sql import note_used
from authsvc.oidc.wire.refusal import RequestRefused
from authsvc.tenancy.scope import current_tenant_id


@dataclass(frozen=True)
class Use:
    """The use of something that counts once in the tenant in scope: `name` says what, by kind and parts.

    `until` is when it is refused for another reason anyway, so that the note of it can go; `again` is
    what a second use is refused with.
    """

    name: tuple[str, ...]
    until: datetime
    again: RequestRefused

    @property
    def digest(self) -> str:
        """Return what is stored in place of the name."""
        return secret_hash("\x00".join((str(current_tenant_id()), *self.name)))


def use_once(*uses: Use) -> None:
    """Note things as used, all in one statement; raises the refusal of the first that was used before.

    The insert itself decides, so two parallel uses cannot both be the first. Where one is refused the
    others are used up too: they came with the same request.
    """
    if not uses:
        return
    fresh = note_used({use.digest: use.until for use in uses})
    for use in uses:
        if use.digest not in fresh:
            raise use.again
