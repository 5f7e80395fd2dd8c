"""Things that bring market data in."""
