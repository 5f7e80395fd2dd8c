"""One load per key within the process: whoever asks for a key that is being loaded waits for that load."""

import asyncio
from collections.abc import Callable, Coroutine, Hashable, Iterable
from dataclasses import dataclass
from typing import Any

from resolvers.errors import Unavailable


@dataclass(frozen=True, slots=True)
class Failed:
    """What a load ended with instead of values; its error is for everybody who waited."""

    error: BaseException


class Flight:
    """
    A load of several keys, and those who wait for it.

    It goes on while anybody waits, whoever began it. With the last of them it ends.

    Attributes:
        seats: What each key's callers wait for.
        at_end: Called when it has ended, however it did.
    """

    __slots__ = ("_callers", "_flights", "at_end", "seats", "task")

    def __init__(self, flights: "Flights", keys: Iterable[Hashable]) -> None:
        loop = asyncio.get_running_loop()
        self._flights = flights
        self._callers = 0
        self.task: asyncio.Task[None] | None = None
        self.at_end: Callable[[], None] | None = None
        self.seats: dict[Hashable, asyncio.Future[Any]] = {key: loop.create_future() for key in keys}

    def take_off(self, load: Coroutine[Any, Any, None]) -> None:
        """Begins to run *load*, which calls `land` for each key."""
        self.task = asyncio.create_task(load)
        self.task.add_done_callback(self._end)

    def land(self, key: Hashable, outcome: Any) -> None:
        """Gives everybody who waits for *key* its outcome."""
        seat = self.seats[key]
        if not seat.done():
            seat.set_result(outcome)
        self._flights.forget(key, self)

    def is_landed(self, key: Hashable) -> bool:
        """Whether *key* has its outcome."""
        return self.seats[key].done()

    def board(self) -> None:
        """Counts one more who waits."""
        self._callers += 1

    def leave(self) -> None:
        """Counts one less; without any the load is given up, unless it has all it was to bring."""
        self._callers -= 1
        if not self._callers and self.task is not None and not all(seat.done() for seat in self.seats.values()):
            # At once, not when the task has ended: nobody may board what is being given up.
            for key in self.seats:
                self._flights.forget(key, self)
            self.task.cancel()

    def _end(self, task: "asyncio.Task[None]") -> None:
        error = None if task.cancelled() else task.exception()
        # A task that was cancelled before its first step has run nothing, not even a finally.
        if self.at_end is not None:
            self.at_end()
        for key in self.seats:
            self.land(key, Failed(error or Unavailable("the load was given up")))
        self._flights.running.discard(task)


class Flights:
    """
    The loads that are under way.

    Attributes:
        running: Their tasks, of which some only store what they have brought.
    """

    def __init__(self) -> None:
        self._flights: dict[Hashable, Flight] = {}
        self.running: set[asyncio.Task[None]] = set()

    def __contains__(self, key: Hashable) -> bool:
        """Whether *key* is being loaded."""
        return key in self._flights

    async def get(
        self, keys: Iterable[Hashable], load: Callable[[Flight], Coroutine[Any, Any, None]], *, alone: bool = False
    ) -> dict[Hashable, Any]:
        """
        The outcome of each key: *load* runs for those that nobody is loading yet.

        Args:
            alone: Whether to load all of them, and for nobody else.
        """
        seats: dict[Hashable, asyncio.Future[Any]] = {}
        boarded: set[Flight] = set()
        new = []
        for key in keys:
            under_way = None if alone else self._flights.get(key)
            if under_way is None:
                new.append(key)
            else:
                seats[key] = under_way.seats[key]
                boarded.add(under_way)
        if new:
            flight = Flight(self, new)
            if not alone:
                self._flights.update(dict.fromkeys(new, flight))
            flight.take_off(load(flight))
            if flight.task is not None:
                self.running.add(flight.task)
            seats |= flight.seats
            boarded.add(flight)
        for one in boarded:
            one.board()
        try:
            # Unlike awaiting them this leaves the seats, which are everybody's, alone when we are cancelled.
            if seats:
                await asyncio.wait(seats.values())
        finally:
            for one in boarded:
                one.leave()
        return {key: seat.result() for key, seat in seats.items()}

    def forget(self, key: Hashable, flight: Flight) -> None:
        """Lets the next who asks for *key* begin a new load."""
        if self._flights.get(key) is flight:
            del self._flights[key]

    async def close(self) -> None:
        """Gives up what is under way, and returns when it has ended."""
        for task in self.running:
            task.cancel()
        if self.running:
            await asyncio.wait(self.running)
