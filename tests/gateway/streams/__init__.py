"""Tests of the package `gateway.streams`."""
