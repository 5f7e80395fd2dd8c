"""Tests of the package `resolvers.model_endpoint`."""
