"""Tests of the package `resolvers.reading`."""
