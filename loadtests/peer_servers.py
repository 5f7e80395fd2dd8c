"""
Three servers of the same series, one per process: ``python -m loadtests.peer_servers stock|written|gateway FILE``.

    stock     strawberry's ASGI view, as its documentation has it, on a schema of plain objects
    written   what one writes by hand for one purpose: a Starlette route, lists, orjson
    gateway   our endpoint and schema, with every limit on
"""

import argparse
import sys
import time
from collections.abc import Callable, Mapping, Sequence
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

from gateway.app import compressed
from gateway.config import Settings
from gateway.endpoint.market import MarketEndpoint
from loadtests.peer_series import HeldSeries, read_series
from resolvers.ingest import Ingest
from resolvers.loaders import Loader, Loaders
from resolvers.model.instrument import Instrument, InstrumentSpec, Source
from resolvers.model.interval import Interval
from resolvers.model.window import SeriesState, StoredWindow, WindowRequest
from resolvers.services import Services
from schema.build import build_schema
from schema.context import Context
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


class SeriesInMemory:
    """
    What the window and instrument loaders read instead of the database.

    It stands in for the process's own cache of series until there is one: what is measured is the endpoint, the
    executor and the encoding, not PostgreSQL.
    """

    def __init__(self, series: Sequence[HeldSeries]) -> None:
        self._instruments = {
            one.symbol: Instrument(id=number, spec=InstrumentSpec(symbol=one.symbol))
            for number, one in enumerate(series)
        }
        self._bars = [one.bars for one in series]
        self._windows: dict[WindowRequest, StoredWindow] = {}

    async def instruments(self, names: Sequence[str]) -> Mapping[str, Instrument]:
        """Instruments by symbol."""
        return {name: self._instruments[name] for name in names if name in self._instruments}

    async def windows(self, requests: Sequence[WindowRequest]) -> Mapping[WindowRequest, StoredWindow]:
        """The newest bars of each series."""
        for request in requests:
            if request not in self._windows:
                self._windows[request] = self._window(request)
        return {request: self._windows[request] for request in requests}

    def _window(self, request: WindowRequest) -> StoredWindow:
        bars = self._bars[request.instrument_id]
        state = SeriesState(
            instrument_id=request.instrument_id,
            interval=Interval.H1,
            source=Source.SIMULATED,
            revision=1,
            first_time=int(bars.time[0]),
            last_time=int(bars.time[-1]),
        )
        return StoredWindow(state=state, bars=bars[-(request.last or len(bars)) :], offset=0)


class PeerEndpoint(MarketEndpoint):
    """The market's endpoint, its loaders on series in memory."""

    def __init__(self, held: SeriesInMemory, settings: Settings) -> None:
        super().__init__(build_schema(), limits=settings.limits(), kept_documents=settings.kept_documents)
        self._held = held
        pool: Any = None  # nothing that is asked here needs one
        self._services = Services(
            pool=pool,
            ingest=Ingest(pool),
            clock=time.time,
            max_bars=settings.max_bars,
            bar_grace_seconds=2,
            quote_stale_seconds=60,
        )

    async def get_context(self, request: Any, response: Any) -> Context:
        """A context with fresh loaders, as the market's endpoint gives."""
        loaders = Loaders(self._services)
        loaders.instrument_by_name = Loader(self._held.instruments)
        loaders.window = Loader(self._held.windows)
        return Context(services=self._services, loaders=loaders)


def gateway(series: Sequence[HeldSeries]) -> ASGIApp:
    """Our endpoint behind the application's own middleware."""
    settings = Settings()
    endpoint = PeerEndpoint(SeriesInMemory(series), settings)
    return Starlette(routes=[Route("/graphql", endpoint)], middleware=[compressed(settings)])


PEERS: dict[str, Callable[[Sequence[HeldSeries]], ASGIApp]] = {"stock": stock, "written": written, "gateway": gateway}


if __name__ == "__main__":
    main()
