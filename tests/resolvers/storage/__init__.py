"""Tests of the package `resolvers.storage`."""
