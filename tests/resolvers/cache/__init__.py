"""Tests of the package `resolvers.cache`."""
