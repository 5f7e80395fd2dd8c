"""Tests mirror the packages one to one."""
