"""What every portal screen shares: pagination, charts, forms, QR codes."""
