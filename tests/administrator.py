"""An administrator at the portal of a running product, with a password and an authenticator app."""

import re
import time
from dataclasses import dataclass, field

import requests
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value

TIMEOUT_S = 30
HALF_MINUTE_S = 30


@dataclass
class Administrator:
    """Somebody with a browser; nothing is followed or checked that a test does not look at."""

    base_url: str
    email: str
    password: str
    totp: str = field(repr=False)
    browser: requests.Session = field(default_factory=requests.Session, repr=False)

    def sign_in(self) -> None:
        """Sign in with the password and the app's present digits."""
        self.submit("/account/login/", login=self.email, password=self.password)
        arrived = self.submit("/account/2fa/authenticate/", code=_code(self.totp))
        assert "/account/" not in arrived.url, f"not signed in: {arrived.status_code} {arrived.url}"

    def open(self, path: str) -> requests.Response:
        """Open a page; a redirect, as to the sign-in, is not followed."""
        return self.browser.get(f"{self.base_url}{path}", timeout=TIMEOUT_S, allow_redirects=False)

    def submit(self, path: str, **fields: str) -> requests.Response:
        """Open the page of a form and send that, with what it hides."""
        page = self.browser.get(f"{self.base_url}{path}", timeout=TIMEOUT_S)
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)
        assert token is not None, page.url
        headers = {"Origin": self.base_url, "Referer": f"{self.base_url}{path}"}
        sent = {"csrfmiddlewaretoken": token[1], **fields}
        return self.browser.post(f"{self.base_url}{path}", sent, headers=headers, timeout=TIMEOUT_S)


def _code(app_key: str) -> str:
    """The six digits of the present half minute, and for five seconds more at least."""
    left = HALF_MINUTE_S - time.time() % HALF_MINUTE_S
    if left < 5:
        time.sleep(left)
    return str(format_hotp_value(hotp_value(app_key, int(time.time()) // HALF_MINUTE_S)))
