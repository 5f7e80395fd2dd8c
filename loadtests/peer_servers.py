"""
Three servers of the same series, one per process: ``python -m loadtests.peer_servers stock|written|gateway FILE``.

    stock     strawberry's ASGI view, as its documentation has it, on a schema of plain objects
    written   what one writes by hand for one purpose: a Starlette route, lists, orjson
    gateway   our endpoint and schema, with every limit on
"""

import argparse
import sys
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import Any

import orjson
import strawberry
import uvicorn
from starlette.applications import Starlette
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp
from strawberry.asgi import GraphQL
from strawberry.schema.config import StrawberryConfig
from strawberry.types.scalar import ScalarDefinition

from gateway.config import Settings
from gateway.endpoint.front import Front
from gateway.endpoint.market import MarketEndpoint
from gateway.endpoint.response_cache import ResponseCache
from loadtests.peer_series import BARS, HeldSeries, read_series
from resolvers.cache.nouns import Lives, Nouns
from resolvers.cache.tiers import Tiers
from resolvers.ingest import Ingest
from resolvers.model.instrument import Instrument, InstrumentSpec, Source
from resolvers.model.interval import Interval
from resolvers.model.revisions import Revisions
from resolvers.model.window import SeriesState, StoredWindow, WindowRequest
from resolvers.services import Services
from schema.build import build_schema
from schema.scalars import UnixSeconds


class _Server(uvicorn.Server):
    """Says its port once it listens."""

    async def startup(self, sockets: Any = None) -> None:
        await super().startup(sockets)
        if self.started:
            sys.stdout.write(f"listening on {self.servers[0].sockets[0].getsockname()[1]}\n")
            sys.stdout.flush()


def main() -> None:
    """Serves until a signal ends it."""
    parser = argparse.ArgumentParser(prog="python -m loadtests.peer_servers", description=__doc__)
    parser.add_argument("peer", choices=sorted(PEERS))
    parser.add_argument("series", type=Path)
    chosen = parser.parse_args()
    app = PEERS[chosen.peer](read_series(chosen.series))
    _Server(uvicorn.Config(app, port=0, loop="uvloop", http="httptools", ws="none", log_level="warning")).run()


# --- stock strawberry

_SECONDS: ScalarDefinition = strawberry.scalar(name="UnixSeconds", serialize=int, parse_value=int)


@strawberry.enum
class StockInterval(Enum):
    """Length of bars."""

    H1 = "H1"


@strawberry.type
class StockCandle:
    """One bar."""

    time: datetime
    timestamp: UnixSeconds
    open: float
    high: float
    low: float
    close: float
    volume: float | None


@strawberry.type
class StockSeries:
    """The bars of a series."""

    bars: list[StockCandle]


@strawberry.type
class StockQuery:
    """The root."""

    @strawberry.field
    async def candles(
        self, info: strawberry.Info, symbol: str, last: int, interval: StockInterval = StockInterval.H1
    ) -> StockSeries | None:
        found: list[StockCandle] | None = HELD_BY_STOCK.get(symbol)
        return None if found is None else StockSeries(bars=found[-last:])


HELD_BY_STOCK: dict[str, list[StockCandle]] = {}


def stock(series: Sequence[HeldSeries]) -> ASGIApp:
    """Strawberry's view; it compresses as ours does."""
    for one in series:
        bars = one.bars
        names = ("timestamp", "open", "high", "low", "close", "volume")
        columns = [bars.time.tolist(), *(getattr(bars, name).tolist() for name in names[1:])]
        HELD_BY_STOCK[one.symbol] = [
            StockCandle(time=moment, **dict(zip(names, row, strict=True)))
            for moment, row in zip(one.moments(), zip(*columns, strict=True), strict=True)
        ]
    schema = strawberry.Schema(query=StockQuery, config=StrawberryConfig(scalar_map={UnixSeconds: _SECONDS}))
    return GZipMiddleware(GraphQL(schema, graphql_ide=None), compresslevel=1)


# --- written by hand


def written(series: Sequence[HeldSeries]) -> ASGIApp:
    """Rows are dictionaries made for the answer, columns are arrays; both are written by orjson."""
    held = {}
    for one in series:
        moments: list[Any] = one.moments()
        seconds: list[Any] = one.bars.time.tolist()
        prices = [getattr(one.bars, name) for name in ("open", "high", "low", "close", "volume")]
        rows = list(zip(*(column.tolist() for column in prices), strict=True))
        held[one.symbol] = ({"time": moments, "timestamp": seconds}, rows, prices)

    async def candles(request: Request) -> Response:
        asked = request.query_params
        last = int(asked["last"])
        name = asked["by"]
        times, rows, prices = held[asked["symbol"]]
        moments = times[name][-last:]
        answer: Any
        if asked["form"] == "rows":
            answer = [
                {name: moment, "open": row[0], "high": row[1], "low": row[2], "close": row[3], "volume": row[4]}
                for moment, row in zip(moments, rows[-last:], strict=True)
            ]
        else:
            names = ("open", "high", "low", "close", "volume")
            answer = {name: moments} | dict(zip(names, (column[-last:] for column in prices), strict=True))
        body = orjson.dumps(answer, option=orjson.OPT_UTC_Z | orjson.OPT_SERIALIZE_NUMPY)
        return Response(body, media_type="application/json")

    return GZipMiddleware(Starlette(routes=[Route("/candles", candles)]), compresslevel=1)


# --- ours


_LONG = Lives(instruments=1e9, quotes=1e9, candles=1e9)


def _services(series: Sequence[HeldSeries], settings: Settings) -> Services:
    """Services of a process that holds *series*, as after the first request for each; there is no database."""
    pool: Any = None
    revisions = Revisions()
    revisions.is_followed = True
    services = Services(
        pool=pool,
        ingest=Ingest(pool),
        clock=time.time,
        max_bars=settings.max_bars,
        bar_grace_seconds=2,
        quote_stale_seconds=60,
        tiers=Tiers(nouns=Nouns(_LONG)),
        revisions=revisions,
    )
    for number, one in enumerate(series):
        _hold(services, number, one)
    return services


def _hold(services: Services, number: int, series: HeldSeries) -> None:
    tiers, now = services.tiers, time.time()
    instrument = Instrument(id=number, spec=InstrumentSpec(symbol=series.symbol))
    tiers.hold(tiers.nouns.instrument, series.symbol.upper(), instrument, 1, now)
    request = WindowRequest(
        instrument_id=number, interval=Interval.H1, start=None, end=None, last=BARS, limit=services.max_bars
    )
    state = SeriesState(
        instrument_id=number,
        interval=Interval.H1,
        source=Source.SIMULATED,
        revision=1,
        body_revision=1,
        first_time=int(series.bars.time[0]),
        last_time=int(series.bars.time[-1]),
    )
    window = StoredWindow(state=state, bars=series.bars, offset=0, reaches_newest=True)
    tiers.hold(tiers.nouns.window, request, window, 1, now)


def gateway(series: Sequence[HeldSeries]) -> ASGIApp:
    """Our endpoint behind the application's own middleware; no answer is kept, each operation is executed."""
    settings = Settings()
    endpoint = MarketEndpoint(
        build_schema(),
        limits=settings.limits(),
        kept_documents=settings.kept_documents,
        minimum_bytes=settings.gzip_min_bytes,
    )

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[dict[str, Services]]:
        yield {"services": _services(series, settings)}

    nothing_kept = ResponseCache(Revisions(), clock=time.time, max_bytes=0)
    others = Starlette(lifespan=lifespan)
    return Front(others, endpoint, endpoint, nothing_kept, path="/graphql", minimum_bytes=settings.gzip_min_bytes)


PEERS: dict[str, Callable[[Sequence[HeldSeries]], ASGIApp]] = {"stock": stock, "written": written, "gateway": gateway}


if __name__ == "__main__":
    main()
