"""Tests of `gateway.endpoint`."""
