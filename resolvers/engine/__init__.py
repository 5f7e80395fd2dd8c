"""The engine at work: what it knows of the market, what it has to compute, and when."""
