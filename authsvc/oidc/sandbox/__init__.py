"""The sandbox authenticator: a plain form in place of the capture page, in sandbox tenants only."""
