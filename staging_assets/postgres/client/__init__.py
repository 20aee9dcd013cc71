"""Connections and sessions: opened, locked, asked."""
