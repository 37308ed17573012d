"""How long things live (requirements, table Minimal numbers)."""

from datetime import timedelta

CODE = timedelta(seconds=30)
PUSHED_REQUEST = timedelta(seconds=60)
ID_TOKEN = timedelta(minutes=5)
ACCESS_TOKEN = timedelta(minutes=10)
REFRESH_TOKEN = timedelta(days=30)
CONSENT = timedelta(days=365)
CONSENT_PAGE = timedelta(minutes=5)
CLIENT_ASSERTION = timedelta(minutes=5)
CLOCK_SKEW = timedelta(seconds=10)
LOGOUT_TOKEN = timedelta(minutes=2)
BACKCHANNEL_REQUEST = timedelta(minutes=2)
LOGOUT_PAGE = timedelta(minutes=5)
