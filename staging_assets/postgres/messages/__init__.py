"""Errors and notices as people should read them, without secrets."""
