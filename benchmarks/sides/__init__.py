"""The programs that benchmarks/provider.py and keycloak.py compare, each served in the same way."""
