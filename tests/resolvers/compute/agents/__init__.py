"""Tests of the package `resolvers.compute.agents`."""
