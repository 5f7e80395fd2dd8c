"""Tests of the package `gateway.feeds.files`."""
