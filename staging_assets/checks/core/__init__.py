"""What a check is, and how it asks the server."""
