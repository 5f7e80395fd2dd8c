"""The engine's arithmetic: from the bars of series to signals with votes, levels, confidence and hashes."""
