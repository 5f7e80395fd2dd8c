"""Price files of users, read into columns."""

from gateway.feeds.files.price_file import FileOptions, PriceFile, Reject, read_prices, write_rejects

__all__ = ["FileOptions", "PriceFile", "Reject", "read_prices", "write_rejects"]
