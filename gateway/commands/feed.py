"""``gateway feed``: stores prices as they come, until a signal asks to stop."""

import argparse
import asyncio
import sys
from datetime import UTC, date, datetime

from tqdm import tqdm

from gateway import signals
from gateway.commands.import_ import new_instrument, read_file
from gateway.commands.running import DONE, CommandError, opened_pool, prepare, servers
from gateway.config import ServerUrls, Settings
from gateway.feeds.replay import Replay
from gateway.following import telling
from gateway.observe.logs import configure_logs
from resolvers.ingest import Ingest
from resolvers.model.interval import Interval
from resolvers.storage.instruments import instruments_by_name
from resolvers.storage.pool import Pool


def run(chosen: argparse.Namespace, settings: Settings) -> int:
    """Feeds; with the Redis of the gateways beside it, so that they hear of quotes at once."""
    configure_logs(settings.log_level)
    with servers(settings, serving=True) as urls:
        signals.run(_fed(chosen, settings, urls))
    return DONE


async def _fed(chosen: argparse.Namespace, settings: Settings, urls: ServerUrls) -> None:
    await prepare(settings, urls)
    async with opened_pool(settings, urls) as pool, telling(urls, pool) as ingest:
        if chosen.action == "replay":
            await _replay(chosen, pool, ingest)
        else:
            await _binance(chosen, settings, pool, ingest)


async def _replay(chosen: argparse.Namespace, pool: Pool, ingest: Ingest) -> None:
    if not 0 < chosen.speed < float("inf"):
        raise CommandError(f"--speed must be above 0, was {chosen.speed:g}")
    file = await asyncio.to_thread(read_file, chosen.file, chosen)
    known = await instruments_by_name(pool, list(file.series))
    new = [new_instrument(symbol, chosen) for symbol in file.series if symbol not in known]
    instruments = known | (await ingest.instruments(new) if new else {})
    bars = sum(len(one) for one in file.series.values())
    with tqdm(desc=chosen.file.name, total=bars, unit="bars", file=sys.stderr, disable=not sys.stderr.isatty()) as line:
        replay = Replay(
            pool,
            ingest,
            file.series,
            instruments=instruments,
            interval=Interval.parse(chosen.interval),
            speed=chosen.speed,
            advance=line.update,
        )
        published = await replay.run()
    sys.stdout.write(f"{chosen.file.name}: {published:,} bars published, {bars - published:,} were stored before\n")


async def _binance(chosen: argparse.Namespace, settings: Settings, pool: Pool, ingest: Ingest) -> None:
    from gateway.feeds.binance import BinanceFeed
    from gateway.feeds.binance_rest import BinanceHistory

    await BinanceFeed(
        pool,
        ingest,
        BinanceHistory(settings.binance_rest_url),
        stream_url=settings.binance_stream_url,
        symbols=chosen.symbols.split(","),
        interval=Interval.parse(chosen.interval),
        since=None if chosen.since is None else _seconds(chosen.since),
    ).run()


def _seconds(text: str) -> int:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise CommandError(f"--since must be a date such as 2024-01-01, was {text!r}") from None
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())
