"""What every portal screen shares: template tags, pagination, charts, icons."""
