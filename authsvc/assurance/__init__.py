"""From recorded evidence to acr, amr and claims; pure."""
