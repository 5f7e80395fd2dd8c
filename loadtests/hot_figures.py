"""What the hot scenario measures, and the figures that are made of it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from loadtests.percentiles import percentile
from loadtests.report import Figure

CONCURRENT = 50


@dataclass(frozen=True, kw_only=True, slots=True)
class Task:
    """What is asked for, and how."""

    key: str
    what: str
    is_large: bool
    is_compressed: bool


TASKS = tuple(
    Task(
        key=f"{'large' if is_large else 'small'}{'_gzip' * is_compressed}",
        what=f"{'1,000 bars as rows' if is_large else 'quote with instrument'}{', gzip' * is_compressed}",
        is_large=is_large,
        is_compressed=is_compressed,
    )
    for is_large in (False, True)
    for is_compressed in (False, True)
)

SERVERS = {"bare": "bare server", "still": "this gateway, nothing moves", "gateway": "this gateway"}


@dataclass(kw_only=True, slots=True)
class Measured:
    """What came of one task at one server, over all rounds."""

    times_ms: list[float] = field(default_factory=list)
    seconds: float = 0.0
    cpu_seconds: float = 0.0

    @property
    def rate(self) -> float:
        """Answers per second."""
        return len(self.times_ms) / self.seconds if self.seconds else 0.0

    @property
    def cpu_ms(self) -> float:
        """Processor time of one answer, that of all which happens besides included."""
        return self.cpu_seconds / len(self.times_ms) * 1000 if self.times_ms else 0.0

    def cores_besides(self, still: "Measured") -> float:
        """Processor time per second that went to what moves: publishing it, and answering anew."""
        spent = self.cpu_seconds - len(self.times_ms) * still.cpu_ms / 1000
        return max(0.0, spent / self.seconds) if self.seconds else 0.0


@dataclass(kw_only=True, slots=True)
class Found:
    """All that was measured."""

    turns: dict[tuple[str, str], Measured] = field(default_factory=dict)
    one_by_one_ms: list[float] = field(default_factory=list)
    together_ms: list[float] = field(default_factory=list)
    sizes: dict[str, float] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)


def ratios(found: Found) -> Iterator[Figure]:
    """How much of the bare server's work this gateway does."""
    for task in TASKS:
        bare, still, ours = (found.turns[task.key, server] for server in SERVERS)
        besides = ours.cores_besides(still)
        hits_alone = bare.cpu_ms / still.cpu_ms if still.cpu_ms else 0.0
        yield Figure(
            key=f"{task.key}_rate_of_bare",
            what=f"{task.what}: our requests/s in the bare server's",
            value=ours.rate / bare.rate if bare.rate else 0.0,
            unit="times",
        )
        # What moves costs the same each second, however many requests come. Where the generator or other work on the
        # machine keeps the server from its core, that would weigh more on each of fewer requests than it does.
        yield Figure(
            key=f"{task.key}_cpu_of_bare",
            what=f"{task.what}: the same of a core that does nothing else, by processor time",
            value=hits_alone * max(0.0, 1 - besides),
            unit="times",
            details={"while nothing moves": hits_alone, "cores for what moves": besides},
        )


def latencies(found: Found) -> Iterator[Figure]:
    """Of requests that were prepared, from the sending of the first to the last byte of the last, by the clock."""
    for key, what, times, value in (
        ("hot_ms", "quote with instrument, one client, mean", found.one_by_one_ms, _mean(found.one_by_one_ms)),
        (
            "together_ms",
            f"{CONCURRENT} of them at once, until the last body is read, median",
            found.together_ms,
            percentile(found.together_ms or [0.0], 50),
        ),
    ):
        spread = {f"p{one}": percentile(times, one) for one in (50, 95, 99)} if times else {}
        yield Figure(key=key, what=what, value=value, unit="ms", details=spread | {"times": len(times)})


def single(found: Found) -> Iterator[Figure]:
    """Each server at each task."""
    for task in TASKS:
        for server, name in SERVERS.items():
            one = found.turns[task.key, server]
            if one.times_ms:
                details = {
                    "cpu ms": one.cpu_ms,
                    "cores": one.cpu_seconds / one.seconds,
                    "p50": percentile(one.times_ms, 50),
                    "p99": percentile(one.times_ms, 99),
                    "kB": found.sizes[task.key],
                }
                yield Figure(
                    key=f"{task.key}_{server}",
                    what=f"{task.what}: {name}",
                    value=one.rate,
                    unit="requests/s",
                    details=details,
                )


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0
