"""Words and tallies as bytes and back."""

import json

import pytest

from resolvers.cache import signal_codec
from resolvers.cache.words_codec import decoded_words, encoded_words
from resolvers.compute.insights.rules import words_by_rules
from resolvers.model.insight import ModelWords, SignalTally
from tests.resolvers.compute.insights.market import by_hand
from tests.signals import moment


@pytest.mark.parametrize("confidence", [None, 0.1 + 0.2])
def test_words_come_back_as_they_were(confidence: float | None) -> None:
    """To the last bit, and texts in any script."""
    held = ModelWords(
        words=words_by_rules(by_hand(symbol="\u00c4CM\u20ac")),
        bar="2024-02-02",
        close=343.46,
        rsi=1 / 3,
        trend=-1,
        fingerprint="ab",
        confidence=confidence,
        made_at=1_706_832_000.123456,
    )
    assert decoded_words(memoryview(encoded_words(held))) == held


def test_what_is_no_words_raises() -> None:
    """Whatever it is."""
    for garbage in (b"", b"null", b"[1,2,3]", json.dumps(["s", [], [1]]).encode()):
        with pytest.raises((ValueError, TypeError)):
            decoded_words(memoryview(garbage))


@pytest.mark.parametrize("since", [None, moment(1_706_788_800)])
def test_tallies_come_back_as_they_were(since: object) -> None:
    """With and without signals."""
    known = (None, None) if since is None else (0.51, 0.49)
    tally = SignalTally(buy=3, sell=0, hold=7, average_confidence=known[0], average_base_rate=known[1], since=since)  # type: ignore[arg-type]
    assert signal_codec.decoded_tally(memoryview(signal_codec.encoded_tally(tally))) == tally
