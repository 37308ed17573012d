"""Settings, environment, urls and the WSGI entry point."""
