"""A server, a session, and what it says."""
