"""Frozen values and read-only arrays that every layer above may share."""
