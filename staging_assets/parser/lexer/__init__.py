"""Tokens, literals, quoting, and places in a text."""
