"""Frames that are written together."""

import asyncio

from gateway.burst import Burst


class Noting:
    """A connection that notes what is written when it is flushed."""

    def __init__(self, burst: Burst, written: list[str], name: str) -> None:
        self._burst = burst
        self._written = written
        self._name = name
        self._waiting = 0

    def write(self) -> None:
        """One frame more."""
        self._waiting += 1
        if self._waiting == 1:
            self._burst.add(self)

    def flush(self) -> None:
        """Notes how many there are."""
        self._written.append(f"{self._name} {self._waiting}")
        self._waiting = 0


async def test_frames_are_written_at_the_end_of_the_turn() -> None:
    """Those of one connection together, in the order in which connections had their first."""
    written: list[str] = []
    burst = Burst.of(asyncio.get_running_loop())
    assert Burst.of(asyncio.get_running_loop()) is burst
    one, other = Noting(burst, written, "one"), Noting(burst, written, "other")
    for each in (one, other, one, one):
        each.write()
    assert written == []
    await asyncio.sleep(0)
    assert written == ["one 3", "other 1"]
    one.write()
    await asyncio.sleep(0)
    assert written[2:] == ["one 1"]


async def test_many_are_written_at_once() -> None:
    """So that nobody waits for more than a hundred others; none is left over."""
    written: list[str] = []
    burst = Burst()
    for number in range(250):
        Noting(burst, written, str(number)).write()
    assert written == [f"{number} 1" for number in range(200)]
    await asyncio.sleep(0)
    assert written == [f"{number} 1" for number in range(250)]
