"""Journeys that cross the whole product and more than one release of it."""
