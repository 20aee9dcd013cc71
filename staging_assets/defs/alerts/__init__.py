"""Whom to tell when a night has stopped, what, and when."""
