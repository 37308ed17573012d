"""What every gunicorn that is started in this folder begins with; its command line goes before."""

import gc
from typing import Any

from config import arriving, counts

worker_class = "config.serving.Worker"
# The one that is tested with it; another would be taken where it happens to be installed.
http_parser = "python"
# The longest that gunicorn takes. Authorization requests carry claims and signed objects in their address.
limit_request_line = arriving.LONGEST_REQUEST_LINE
limit_request_fields = 100
limit_request_field_size = 16 * 1024
# What a proxy says of a request Django reads, from the one header that it is told of (VISOR_BEHIND_PROXY);
# nobody says what the path is.
secure_scheme_headers: dict[str, str] = {}
forwarder_headers = ""
threads = 8
# Below the usual number of files that a process may have open; whoever comes then takes the place of whoever
# has asked for nothing longest, or waits in the backlog.
worker_connections = 900
backlog = 2048
keepalive = 15
# What is sent counts, and has a time limit (config/serving.py); the system's own sending has none.
sendfile = False


def on_starting(server: Any) -> None:
    """Let all workers of this server count together."""
    counts.shared_folder()


def post_worker_init(worker: Any) -> None:
    """Let no search for garbage go through what was loaded: it stays as long as the process."""
    gc.collect()
    gc.freeze()
