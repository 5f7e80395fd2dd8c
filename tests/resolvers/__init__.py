"""Tests of the package `resolvers`."""
