"""``gateway instruments``: lists and edits instruments."""

import argparse
import csv
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from gateway import signals
from gateway.commands.running import DONE, CommandError, opened_pool, prepare, servers
from gateway.config import ServerUrls, Settings
from gateway.following import telling
from resolvers.errors import NotFound
from resolvers.ingest import Ingest
from resolvers.model.instrument import AssetClass, Instrument, InstrumentSpec
from resolvers.model.instrument_page import InstrumentPage
from resolvers.model.stored_text import is_storable
from resolvers.storage.instruments import instrument_page, instruments_by_name
from resolvers.storage.pool import Pool

_COLUMNS = (
    "symbol",
    "name",
    "asset_class",
    "exchange",
    "currency",
    "timezone",
    "session_start",
    "tick_size",
    "active",
    "aliases",
)
_PAGE = 1000


def run(chosen: argparse.Namespace, settings: Settings) -> int:
    """Runs one action on the instruments."""
    with servers(settings, serving=False) as urls:
        signals.run(_run(chosen, settings, urls))
    return DONE


async def _run(chosen: argparse.Namespace, settings: Settings, urls: ServerUrls) -> None:
    await prepare(settings, urls)
    async with opened_pool(settings, urls) as pool, telling(urls, pool) as ingest:
        if chosen.action == "list":
            await _list(pool)
        elif chosen.action == "import":
            await _import(pool, ingest, chosen.file)
        else:
            given = {name: getattr(chosen, name) for name in _COLUMNS if getattr(chosen, name, None) is not None}
            aliases = None if chosen.alias is None else " ".join(chosen.alias)
            await _edit(
                ingest, await _known(pool, chosen.symbol), given | ({} if aliases is None else {"aliases": aliases})
            )


async def _known(pool: Pool, symbol: str) -> Instrument:
    name = symbol.strip().upper()
    found = await instruments_by_name(pool, [name])
    if name not in found:
        raise NotFound(f"no instrument {name}; `gateway import` creates those of a file")
    return found[name]


async def _list(pool: Pool) -> None:
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(_COLUMNS)
    after = None
    while True:
        found = await instrument_page(pool, InstrumentPage(first=_PAGE, after=after))
        for one in found[:_PAGE]:
            writer.writerow(_row(one.spec))
        if len(found) <= _PAGE:
            return
        after = found[_PAGE - 1].symbol


def _row(spec: InstrumentSpec) -> tuple[object, ...]:
    hours, minutes = divmod((1440 - spec.sessions.roll_minutes) % 1440, 60)
    return (
        spec.symbol,
        spec.name,
        spec.asset_class.value,
        spec.exchange,
        spec.currency,
        spec.sessions.timezone,
        f"{hours:02d}:{minutes:02d}",
        spec.tick_size,
        "yes" if spec.is_active else "no",
        " ".join(spec.aliases),
    )


async def _import(pool: Pool, ingest: Ingest, path: Path) -> None:
    """Creates or edits the instruments of a CSV file; columns that it does not have stay as they are."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            unknown = set(reader.fieldnames or ()) - set(_COLUMNS)
            if "symbol" not in (reader.fieldnames or ()) or unknown:
                raise CommandError(
                    f"{path.name}: the columns symbol and any of {', '.join(_COLUMNS[1:])} were expected,"
                    f" found {', '.join(reader.fieldnames or ['nothing'])}"
                )
            rows = [{name: text.strip() for name, text in row.items() if isinstance(text, str)} for row in reader]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise CommandError(f"{path.name} cannot be read: {error}") from error
    for number, row in enumerate(rows, 2):
        try:
            await _edit_or_create(pool, ingest, row)
        except CommandError as error:
            raise CommandError(f"{path.name}, row {number}: {error}") from error


async def _edit_or_create(pool: Pool, ingest: Ingest, row: Mapping[str, str]) -> None:
    symbol = row.get("symbol", "").upper()
    if not symbol:
        raise CommandError("a symbol was expected, found nothing")
    for name, text in row.items():
        if not is_storable(text):
            raise CommandError(f"{name} must be text without NUL, was {text!r}")
    found = await instruments_by_name(pool, [symbol])
    if symbol not in found:
        found = await ingest.instruments([InstrumentSpec(symbol=symbol)])
    await _edit(ingest, found[symbol], {name: text for name, text in row.items() if name != "symbol"})


async def _edit(ingest: Ingest, instrument: Instrument, given: Mapping[str, Any]) -> None:
    """Changes what was given; bars that depend on its sessions are made anew when those change."""
    aliases = given["aliases"].upper().split() if "aliases" in given else None
    edited = await ingest.edited(instrument, _columns(given), aliases)
    # Also where they are the same: an edit that was interrupted before this is mended by giving it again.
    if given.get("timezone") or given.get("session_start"):
        await ingest.rederived(edited)
    sys.stdout.write(f"{edited.symbol}: {', '.join(str(value) for value in _row(edited.spec)[1:] if value)}\n")


def _columns(given: Mapping[str, Any]) -> dict[str, Any]:
    """Values for the table's columns; a CommandError says which text cannot be right."""
    columns: dict[str, Any] = {name: given[name] or None for name in ("name", "exchange") if name in given}
    if given.get("asset_class"):
        try:
            columns["asset_class"] = AssetClass(given["asset_class"].upper()).value
        except ValueError:
            names = ", ".join(AssetClass)
            raise CommandError(f"asset_class is one of {names}, was {given['asset_class']!r}") from None
    if given.get("currency"):
        columns["currency"] = given["currency"].upper()
    if given.get("timezone"):
        try:
            columns["timezone"] = ZoneInfo(given["timezone"]).key
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise CommandError(f"timezone is an IANA name such as Europe/Berlin, was {given['timezone']!r}") from None
    if given.get("session_start"):
        columns["roll_minutes"] = _roll_minutes(given["session_start"])
    if given.get("tick_size") not in (None, ""):
        try:
            columns["tick_size"] = float(given["tick_size"])
            if not 0 < columns["tick_size"] < float("inf"):
                raise ValueError
        except ValueError:
            raise CommandError(f"tick_size is a positive number, was {given['tick_size']!r}") from None
    if given.get("active"):
        if given["active"] not in ("yes", "no"):
            raise CommandError(f"active is yes or no, was {given['active']!r}")
        columns["is_active"] = given["active"] == "yes"
    return columns


def _roll_minutes(session_start: str) -> int:
    """Minutes before midnight of a local time: a session that starts at noon or later has the next day's date."""
    hours, _, minutes = session_start.partition(":")
    if not (hours.isdigit() and minutes.isdigit() and int(hours) < 24 and int(minutes) < 60):
        raise CommandError(f"session_start is a local time such as 17:00, was {session_start!r}")
    start = int(hours) * 60 + int(minutes)
    if 0 < start < 720:
        raise CommandError(f"a session starts at 00:00 or at noon or later, on the evening before, was {session_start}")
    return (1440 - start) % 1440
