"""A tenant, a configuration and a browser script for the OpenID Foundation's conformance suite."""
