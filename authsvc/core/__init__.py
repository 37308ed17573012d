"""What every layer may use: clock, ids, errors, encryption, safe outbound fetch, template tags; no models."""
