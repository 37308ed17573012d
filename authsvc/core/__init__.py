"""What every layer may use: clock, ids, errors, envelope encryption, safe outbound fetch; no models."""
