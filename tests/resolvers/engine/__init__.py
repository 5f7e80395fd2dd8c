"""Tests of the package `resolvers.engine`."""
