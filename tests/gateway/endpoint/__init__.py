"""Tests of the package `gateway.endpoint`."""
