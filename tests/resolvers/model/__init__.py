"""Tests of the package `resolvers.model`."""
