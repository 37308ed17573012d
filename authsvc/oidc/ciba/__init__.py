"""Sign-ins that start without a browser (OpenID Connect CIBA Core 1.0; FAPI-CIBA: poll and ping)."""
