"""Streams of execution results."""
