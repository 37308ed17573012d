"""What every gunicorn that is started in this folder begins with; its command line goes before."""

from config import serving

# The longest that gunicorn takes. Authorization requests carry claims and signed objects in their address.
limit_request_line = serving.LONGEST_REQUEST_LINE
worker_class = "config.serving.Worker"
