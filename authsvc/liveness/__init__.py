"""Liveness as a service (W5): a site asks whether a living person is before a camera, and hears no more."""
