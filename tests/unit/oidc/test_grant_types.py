"""The grant types that are registered and published are those that the token endpoint answers."""

from authsvc.clients import grant_types
from authsvc.oidc.token.views import GRANT_TYPES


def test_each_grant_type_has_its_exchange() -> None:
    assert tuple(GRANT_TYPES) == grant_types.GRANT_TYPES
