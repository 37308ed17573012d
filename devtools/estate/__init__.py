"""An estate of the size that the portal must bear: tenants, people, attempts and events, made by COPY."""
