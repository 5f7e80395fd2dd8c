"""An outage in the log: a line when it begins and a line when it is over, however often it is met."""

import logging


class Outage:
    """
    One thing that may fail for a while.

    Args:
        what: What does not work meanwhile, as the subject of a sentence.
    """

    def __init__(self, logger: logging.Logger, what: str) -> None:
        self._logger = logger
        self._what = what
        self._lasts = False

    def met(self, error: Exception) -> None:
        """It fails, or still does."""
        if not self._lasts:
            self._logger.warning("%s: %s", self._what, str(error) or type(error).__name__)
        self._lasts = True

    def over(self) -> None:
        """It works."""
        if self._lasts:
            self._logger.info("%s: over", self._what)
        self._lasts = False
