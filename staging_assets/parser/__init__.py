"""SQL as text: read, rewritten, quoted. No file, no server."""
