"""Where the process is watched, and where what it counts comes together.

Read before anything that counts: prometheus_client looks once whether several processes count together.
"""

from config.counts import shared_folder
from config.settings.given import given

WATCH_ADDRESS = given.watch_address
TRACE_URL = given.trace_url
if WATCH_ADDRESS and given.roles:
    shared_folder()
