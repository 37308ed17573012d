"""The turns that tenants take at this worker: who was served longest ago comes next."""

from threading import Lock
from typing import Final
from uuid import UUID

from authsvc.keys.holding import holder
from authsvc.tenancy.scope import tenant_scope
from authsvc.transactions.services import begin_judging, next_of_each_tenant

_REMEMBERED: Final = 1000


class Turns:
    """When each tenant had its last turn, as this process counts them."""

    def __init__(self) -> None:
        self._last: dict[UUID, int] = {}
        self._count = 0
        self._lock = Lock()

    def begin(self, tenant_id: UUID, capture_id: str, *, anew: bool = False) -> tuple[UUID, str] | None:
        """Begin with the sample that is next, and return it as (tenant, capture), or None where none is.

        Where none waits for this worker by name, it is the one that a message names. `anew` takes that one
        from whoever had it and died.
        """
        waiting = sorted(next_of_each_tenant(holder().worker), key=self._last_turn)
        for tenant, capture in waiting:
            if self._begins(tenant, capture):
                return tenant, capture
        return (tenant_id, capture_id) if self._begins(tenant_id, capture_id, anew=anew) else None

    def _last_turn(self, found: tuple[UUID, str]) -> int:
        return self._last.get(found[0], 0)

    def _begins(self, tenant: UUID, capture: str, *, anew: bool = False) -> bool:
        with tenant_scope(tenant):
            if not begin_judging(capture, anew=anew):
                return False
        with self._lock:
            self._count += 1
            self._last.pop(tenant, None)
            self._last[tenant] = self._count
            if len(self._last) > _REMEMBERED:
                del self._last[next(iter(self._last))]
        return True


TURNS: Final = Turns()
