"""What every room of the provider says to the outside: refusals, pages, parameters, headers, addresses."""
