"""How often a password or a code may be tried; passkeys are exempt, as nobody guesses one (T17).

What is right costs nothing. The narrow limits are those of one account from one address, so that a stranger's
tries keep neither the account's owner out nor the others behind the stranger's address. The wide ones end
guessing that is spread over addresses or accounts.
"""

from datetime import timedelta
from typing import Final

from django.http import HttpRequest

from authsvc.core.addresses import address_of
from authsvc.core.limits import Limit, give_back_all, spend_all
from portal.accounts.models import User

Costs = tuple[tuple[Limit, str], ...]

PASSWORD_HERE: Final = Limit("portal-password-account-address", 5, timedelta(minutes=5))
PASSWORD: Final = Limit("portal-password-account", 100, timedelta(hours=1))
PASSWORD_ADDRESS: Final = Limit("portal-password-address", 100, timedelta(minutes=10))
CODE_HERE: Final = Limit("portal-code-account-address", 5, timedelta(minutes=5))
CODE: Final = Limit("portal-code-account", 30, timedelta(hours=1))


def spend_password(request: HttpRequest, account: str) -> Costs:
    """Count a password for an account, known or not, before it is looked at; raises TooMany."""
    name, address = account.strip().lower(), address_of(request)
    costs = (
        (PASSWORD_HERE, f"{name} {address}"),
        (PASSWORD, name),
        (PASSWORD_ADDRESS, address),
    )
    spend_all(*costs)
    return costs


def spend_code(request: HttpRequest, user: User) -> Costs:
    """Count a code for a user whose password was right, before it is looked at; raises TooMany."""
    costs = ((CODE_HERE, f"{user.pk} {address_of(request)}"), (CODE, str(user.pk)))
    spend_all(*costs)
    return costs


def give_back(costs: Costs) -> None:
    """Take back what was counted for a password or a code that was right."""
    give_back_all(*costs)
