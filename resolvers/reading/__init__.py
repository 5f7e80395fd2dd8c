"""Reads of stored data as an operation asks for them: from what is held where that is allowed, else from storage."""
