"""Tables of what caches hold and have counted."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from gateway.endpoint.response_cache import Counts as ResponseCounts
from resolvers.cache.counters import Counts
from resolvers.cache.nouns import Nouns
from resolvers.cache.redis_sizes import Size
from resolvers.cache.reports import Figures
from resolvers.cache.trouble import Trouble

_SIZES = ("held", "bytes")


def process_tables(processes: Mapping[str, Figures]) -> Iterator[str]:
    """The figures of each process, and where there are several those of all together."""
    if not processes:
        yield "No process has told its counters; one that runs does so every few seconds."
    for process, figures in processes.items():
        yield f"{process}, for {figures.get('process.seconds', 0):,} s"
        yield from _figures(figures)
    if len(processes) > 1:
        total: Counter[str] = Counter()
        for figures in processes.values():
            total.update(figures)
        yield f"all {len(processes)} processes"
        yield from _figures(total)


def redis_table(sizes: Mapping[str, Size], is_all: bool) -> Iterator[str]:
    """What is in Redis, by noun."""
    yield "Redis" if is_all else "Redis, as far as it was looked through"
    total = Size(sum(one.keys for one in sizes.values()), sum(one.size_bytes for one in sizes.values()))
    rows = [(noun, f"{one.keys:,}", f"{one.size_bytes:,}") for noun, one in [*sorted(sizes.items()), ("all", total)]]
    yield from _table([("", "keys", "bytes"), *rows])


def _figures(figures: Mapping[str, int]) -> Iterator[str]:
    nouns = [one.name for one in Nouns()]
    names = (*_SIZES, *Counts.__slots__)
    rows = [(name, *(_shown(figures, noun, name) for noun in nouns)) for name in names]
    yield from _table([("", *nouns), *rows])
    yield from _line(figures, "response", (*_SIZES, *ResponseCounts.__slots__))
    yield from _line(figures, "troubles", [one.value for one in Trouble])
    yield ""


def _line(figures: Mapping[str, int], noun: str, names: Sequence[str]) -> Iterator[str]:
    yield f"{noun}: " + ", ".join(f"{name} {_shown(figures, noun, name)}" for name in names)


def _shown(figures: Mapping[str, int], noun: str, name: str) -> str:
    return f"{figures.get(f'{noun}.{name}', 0):,}"


def _table(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Columns side by side: names to the left, numbers to the right."""
    widths = [max(len(row[at]) for row in rows) for at in range(len(rows[0]))]
    for first, *others in rows:
        cells = [f"{cell:>{width}}" for cell, width in zip(others, widths[1:], strict=True)]
        yield "  ".join([f"{first:<{widths[0]}}", *cells])
