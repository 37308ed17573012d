"""How many of something an organisation may have, where whoever runs the installation set a bound."""

from typing import Any, Final

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from authsvc.core.errors import Refused
from authsvc.core.texts import Text
from authsvc.tenancy.models import Tenant
from authsvc.tenancy.scope import current_tenant_id

PEOPLE: Final = "most_people"
RELYING_PARTIES: Final = "most_relying_parties"
_SAID: Final[dict[str, Text]] = {
    PEOPLE: _("Your organisation has as many people as it may have. Ask whoever runs this server for more."),
    RELYING_PARTIES: _(
        "Your organisation has as many relying parties as it may have. Ask whoever runs this server for more."
    ),
}


class QuotaReached(Refused):
    """The organisation has as many as it may have; `quota` is of what."""

    def __init__(self, quota: str, most: int) -> None:
        super().__init__("quota-reached", _SAID[quota], detail=f"{quota} is {most}", status=409)
        self.quota = quota


def require_room(quota: str, rows: QuerySet[Any], *, more: int = 1) -> None:
    """Raise QuotaReached where the tenant in scope may not have so many more beside these rows.

    Call inside a transaction: whoever adds at the same moment waits for it to end, so that no two take the
    last place. Without a bound nothing is counted, and nobody waits.
    """
    tenant = Tenant.objects.filter(pk=current_tenant_id())
    if tenant.values_list(quota, flat=True).get() is None:
        return
    most = tenant.select_for_update(no_key=True).values_list(quota, flat=True).get()
    if most is not None and rows.order_by().values("pk")[: most + 1].count() + more > most:
        raise QuotaReached(quota, most)
