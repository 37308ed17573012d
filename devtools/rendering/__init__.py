"""Heads, warps and screens drawn from photographs; pure of the server and of the network."""
