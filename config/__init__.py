"""The Django project: settings, roles, secrets, urls, and the entry points of its processes."""
