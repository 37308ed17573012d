"""The audit log: append-only, hash-chained per tenant, written with what it records or not at all."""
