"""``gateway import``: stores the prices of files."""

import argparse
import asyncio
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tqdm import tqdm

from gateway import signals
from gateway.commands.running import DONE, FAILED, REJECTED_ROWS, CommandError, opened_pool, prepare, servers, told
from gateway.config import ServerUrls, Settings
from gateway.feeds.files import FileOptions, PriceFile, read_prices, write_rejects
from gateway.following import telling
from resolvers.errors import GatewayError
from resolvers.ingest import Ingest
from resolvers.model.instrument import AssetClass, Instrument, InstrumentSpec, Source, usual_aliases
from resolvers.model.interval import Interval
from resolvers.model.session import SessionCalendar
from resolvers.storage.bars import SeriesChange
from resolvers.storage.partitions import tidy, years_of
from resolvers.storage.pool import Pool

# From this many bars on a vacuum after the load is worth its second: see `tidy`.
_LARGE = 20_000

_SHOWN = 10


def run(chosen: argparse.Namespace, settings: Settings) -> int:
    """Reads every file, stores the good rows and tells of the bad ones; each file is one transaction."""
    if chosen.rejects is not None:
        _check_rejects(chosen.rejects, chosen.files)
    if chosen.dry_run:
        outcomes = [_attempted(path, lambda path: read_file(path, chosen)) for path in chosen.files]
    else:
        with servers(settings, serving=False) as urls:
            outcomes = signals.run(_stored(chosen, settings, urls))
    files = [one for one in outcomes if one is not None]
    rejects = [reject for file in files for reject in file.rejects]
    if chosen.rejects is not None:
        write_rejects(chosen.rejects, rejects)
    if len(files) < len(outcomes):
        return FAILED
    return REJECTED_ROWS if rejects else DONE


def _check_rejects(path: Path, files: Sequence[Path]) -> None:
    """
    Says now that the rejects cannot be written, not after the work.

    Raises:
        CommandError: If they cannot, or would be written over a file that is to be read.
    """
    if any(file.exists() and path.exists() and path.samefile(file) for file in files):
        raise CommandError(f"--rejects names {path}, which is also to be imported; the rejects would replace it")
    try:
        path.open("a").close()
    except OSError as error:
        raise CommandError(f"{path} cannot be written: {error.strerror}") from error


async def _stored(chosen: argparse.Namespace, settings: Settings, urls: ServerUrls) -> list[PriceFile | None]:
    await prepare(settings, urls)
    outcomes: list[PriceFile | None] = []
    async with opened_pool(settings, urls) as pool, telling(urls, pool) as ingest:
        for path in chosen.files:
            try:
                outcomes.append(await import_file(pool, path, chosen, ingest))
            except GatewayError as error:
                told(error, FAILED)
                outcomes.append(None)
    return outcomes


def _attempted(path: Path, read: Callable[[Path], PriceFile]) -> PriceFile | None:
    """What *read* makes of a file; None, and a line on standard error, where it makes nothing."""
    try:
        file = read(path)
    except GatewayError as error:
        told(error, FAILED)
        return None
    _say(f"{path.name}: {_kept(file)}; nothing was stored (--dry-run)")
    return file


def read_file(path: Path, chosen: argparse.Namespace) -> PriceFile:
    """
    Reads a file by the options of the command line, and tells what was noticed and rejected.

    Raises:
        BadInput: If the file as a whole cannot be read.
    """
    options = FileOptions(
        symbol=chosen.symbol,
        interval=Interval.parse(chosen.interval),
        timezone=chosen.timezone,
        adjusted=chosen.adjusted,
    )
    with _progress(path) as progress:
        file = read_prices(path, options, progress)
    for notice in file.notices:
        _say(f"{path.name}: {notice}")
    for reject in file.rejects[:_SHOWN]:
        _say(f"{path.name}: line {reject.line} rejected: {reject.reason}")
    if len(file.rejects) > _SHOWN:
        _say(f"{path.name}: … and {len(file.rejects) - _SHOWN} more (--rejects FILE writes all of them)")
    return file


async def import_file(pool: Pool, path: Path, chosen: argparse.Namespace, ingest: Ingest | None = None) -> PriceFile:
    """
    Stores a file's good rows in one transaction; symbols that are unknown become instruments.

    Raises:
        BadInput: If the file as a whole cannot be read.
        Conflict: If a series holds bars from another source.
    """
    begun = time.monotonic()
    file = await asyncio.to_thread(read_file, path, chosen)
    written = await (ingest or Ingest(pool)).imported(
        file.series,
        new=lambda symbol: new_instrument(symbol, chosen),
        interval=Interval.parse(chosen.interval),
        source=Source.FILE,
        now=int(time.time()),
    )
    if written.instruments:
        _say_created(written.instruments)
    changes = written.changes
    stored = sum(change.bars for change in changes if not change.is_derived)
    derived = sum(change.bars for change in changes if change.is_derived)
    _say_given_way(changes)
    if stored + derived >= _LARGE:
        await tidy(pool, {year for change in changes for year in years_of(change.first_time, change.last_time)})
    _say(
        f"{path.name}: {_kept(file)}; {stored:,} bars were new or different, {derived:,} longer bars follow from"
        f" them ({time.monotonic() - begun:.1f} s)"
    )
    return file


def new_instrument(symbol: str, chosen: argparse.Namespace) -> InstrumentSpec:
    """What a symbol that is unknown becomes, by the options of the command line."""
    return InstrumentSpec(
        symbol=symbol,
        asset_class=AssetClass(chosen.asset_class),
        currency=chosen.currency.strip().upper(),
        sessions=SessionCalendar(timezone=chosen.timezone),
        aliases=usual_aliases(symbol),
    )


def _say_created(instruments: Sequence[Instrument]) -> None:
    """Says which instruments are new, and what was assumed of them."""
    spec = instruments[0].spec
    named = ", ".join(one.symbol for one in instruments[:_SHOWN]) + (", …" if len(instruments) > _SHOWN else "")
    _say(
        f"{len(instruments)} new instruments ({named}): asset class {spec.asset_class}, currency {spec.currency},"
        f" time zone {spec.sessions.timezone}; `gateway instruments set` changes them"
    )


def _say_given_way(changes: Sequence[SeriesChange]) -> None:
    """Says of which series the file has taken the place."""
    given = [one for one in changes if one.is_derived and one.gone and one.gone == one.bars]
    for one in given[:_SHOWN]:
        _say(f"{one.instrument.symbol} {one.interval.name}: {one.gone:,} bars that followed from shorter ones gave way")


@contextmanager
def _progress(path: Path) -> Iterator[Callable[[int, int], None] | None]:
    """A bar on a terminal, nothing elsewhere."""
    if not sys.stderr.isatty():
        yield None
        return
    with tqdm(desc=path.name, unit="B", unit_scale=True, leave=False, file=sys.stderr) as bar:

        def advance(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        yield advance


def _kept(file: PriceFile) -> str:
    kept = sum(len(bars) for bars in file.series.values())
    repeated = f", {file.repeated:,} repeated" if file.repeated else ""
    return (
        f"{kept:,} of {file.rows:,} rows are good, in {len(file.series):,} series;"
        f" {len(file.rejects):,} rejected{repeated}"
    )


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
