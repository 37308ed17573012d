"""How often a password or a code may be tried; passkeys are exempt, as nobody guesses one (T17).

What is right costs nothing. The narrow limits are those of one account from one address, so that a stranger's
tries keep neither the account's owner out nor the others behind the stranger's address. The wide ones end
guessing that is spread over addresses or accounts.
"""

from collections.abc import Callable
from http import HTTPStatus

from allauth.account.adapter import get_adapter
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse

from authsvc.core.addresses import address_of
from authsvc.limits.limit import Spending, TooMany, give_back_all, spend_all
from authsvc.limits.register import CODE, CODE_HERE, PASSWORD, PASSWORD_ADDRESS, PASSWORD_HERE
from portal.accounts.models import User

Costs = tuple[Spending, ...]
# Where a request has what it was refused by, until it is answered.
_REFUSED = "visor_too_many"


def spend_password(request: HttpRequest, account: str) -> Costs:
    """Count a password for an account, known or not, before it is looked at; raises TooMany."""
    name, address = account.strip().lower(), address_of(request)
    costs = (
        (PASSWORD_HERE, f"{name} {address}"),
        (PASSWORD, name),
        (PASSWORD_ADDRESS, address),
    )
    _spend(request, costs)
    return costs


def spend_code(request: HttpRequest, user: User) -> Costs:
    """Count a code for a user whose password was right, before it is looked at; raises TooMany."""
    costs = ((CODE_HERE, f"{user.pk} {address_of(request)}"), (CODE, str(user.pk)))
    _spend(request, costs)
    return costs


def explained(refused: TooMany) -> ValidationError:
    """Return what the form says: that it was tried too often, or that nobody can count at the moment."""
    if refused.status == HTTPStatus.TOO_MANY_REQUESTS:
        error: ValidationError = get_adapter().validation_error("too_many_login_attempts")
        return error
    return ValidationError(refused.person)


def says_when_to_come_again(answer: Callable[[HttpRequest], HttpResponse]) -> Callable[..., HttpResponse]:
    """Answer a form that was refused with the status and the time of the refusal (RFC 6585 section 4)."""

    def answered(request: HttpRequest) -> HttpResponse:
        response = answer(request)
        refused = getattr(request, _REFUSED, None)
        if refused is not None:
            response.status_code = refused.status
            response["Retry-After"] = str(refused.retry_after)
        return response

    return answered


def give_back(costs: Costs) -> None:
    """Take back what was counted for a password or a code that was right."""
    give_back_all(*costs)


def _spend(request: HttpRequest, costs: Costs) -> None:
    try:
        spend_all(*costs)
    except TooMany as refused:
        setattr(request, _REFUSED, refused)
        raise
