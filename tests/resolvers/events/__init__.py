"""Tests of resolvers.events."""
