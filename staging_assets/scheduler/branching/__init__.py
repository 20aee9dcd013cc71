"""What of a schema a branch builds, what it leaves to the live one, and what it refuses."""
