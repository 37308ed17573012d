"""The site's process: `gunicorn rp.demo.wsgi` works from nothing, tables included."""

import fcntl
import os

# Not setdefault: the demo's processes share an environment that names the server's settings.
os.environ["DJANGO_SETTINGS_MODULE"] = "rp.demo.settings"

from django.conf import settings
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application


def _prepare() -> None:
    # Here and not above: models exist only once Django is set up.
    from rp.client.sessions import forget_ended

    # Several workers start at once; one makes the tables, the others wait.
    with (settings.DATA_DIR / "partner.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        call_command("migrate", verbosity=0, interactive=False)
        call_command("clearsessions")
        forget_ended()


application = get_wsgi_application()
_prepare()
