"""Asking a person to prove themselves again, right before an act that is hard to take back."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.account.internal.flows.reauthentication import is_reauthentication_required
from allauth.core.exceptions import ReauthenticationRequired
from django.http import HttpResponse
from django.shortcuts import redirect

from portal.accounts.requests import PortalRequest


def proven_again(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Let a view run for somebody who signed in, or proved themselves again, minutes ago.

    The rule is that of changing one's own credentials. Others are asked first and come back to the
    page by GET: a change that was on its way is never made without the page that warns of it.
    """

    @wraps(view)
    def guarded(request: PortalRequest, *args: Any, **values: Any) -> HttpResponse:
        if not is_reauthentication_required(request, app="portal"):
            return view(request, *args, **values)
        if request.method == "POST":
            return redirect(request.get_full_path())
        raise ReauthenticationRequired

    return guarded
