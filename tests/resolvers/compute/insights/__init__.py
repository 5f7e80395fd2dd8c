"""Tests of the package `resolvers.compute.insights`."""
