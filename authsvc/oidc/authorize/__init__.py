"""The authorization endpoint, and requests that are pushed to it: from a checked request to the answer."""
