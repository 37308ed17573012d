"""The first tokens of a grant."""

from typing import Any

from authsvc.audit.services import signed
from authsvc.audit.tags import Tag
from authsvc.clients.models import RelyingParty
from authsvc.oidc.models import Grant
from authsvc.oidc.token.answer import token_content
from authsvc.oidc.tokens.access_token import Binding, mint
from authsvc.oidc.tokens.id_token import make_id_token
from authsvc.oidc.tokens.spoiling import bench_of
from authsvc.tenancy.rows import insert
from authsvc.tenancy.sql import Once


def issue_tokens(
    grant: Grant, client: RelyingParty, binding: Binding, *, grant_type: str, using_up: Once
) -> dict[str, Any] | None:
    """Store an access token, a refresh token where it was granted, and return the token response.

    `using_up` is the change that uses up what is exchanged; where it can no longer be made, nothing is
    stored, and None returned.
    """
    refreshable = "offline_access" in grant.scope.split()
    minted = mint(grant, client, scope=grant.scope, binding=binding, refresh=refreshable)
    content = token_content(minted, scope=grant.scope, binding=binding)
    content["id_token"] = make_id_token(grant, client, access_token=minted.access)
    event = signed(
        Tag.TOKEN_ISSUED,
        transaction=grant.transaction,
        client=client.client_id,
        subject=str(grant.subject_id),
        reason="" if bench_of(grant) is None else "bench",
        grant_type=grant_type,
    )
    return content if insert(minted.rows, event, upon=using_up) else None
