"""What a server can do and what it cannot: found out with the question that opens a session."""
