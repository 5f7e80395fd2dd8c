"""Tests of the package `gateway.embedded`."""
