"""Set-up of the demonstration: secrets, a sandbox tenant, a partner and a person to enrol."""
