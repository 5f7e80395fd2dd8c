"""Tests of `resolvers.compute.engine`."""
