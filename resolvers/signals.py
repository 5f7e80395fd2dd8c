"""Signals, as a query asks for them."""
