"""An engine that looks at the series which it was given, and a gateway that asks it."""

import threading
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace

from starlette.applications import Starlette
from starlette.routing import Route, WebSocketRoute

from gateway.config import ServerUrls
from gateway.endpoint.market import MarketEndpoint
from gateway.lifespan import Held, State, opened
from resolvers.compute.agents.agent import Agent
from resolvers.compute.agents.entries import roster_of
from resolvers.compute.agents.indicators import Indicators
from resolvers.compute.agents.panel import PANEL, Panel
from resolvers.compute.engine.subject import Subject
from resolvers.compute.engine.version import engine_version
from resolvers.errors import GatewayError, NotFound
from resolvers.loaders import Loaders
from resolvers.model.bars import Bars, Series
from resolvers.model.instrument import Instrument
from resolvers.model.interval import Interval
from resolvers.model.signal import Signal
from resolvers.model.signal_page import SignalKey
from resolvers.model.vote import AgentFamily
from resolvers.services import Services
from schema.build import build_schema
from tests.servers import PATIENT, RunningApp
from tests.votes import voted


class BarsAnalyst:
    """
    Analyses bars that tests give it by symbol.

    Attributes:
        bars: By symbol; the last one is the newest that is closed.
        closing: Those that are closed as soon as somebody has looked at the ones before.
        asked: The symbols of each call of `analyze`.
    """

    def __init__(self, panel: Panel = PANEL) -> None:
        self.panel = panel
        self.bars: dict[str, Bars] = {}
        self.closing: dict[str, Bars] = {}
        self.asked: list[list[str]] = []
        self.services: Services | None = None

    async def subject(self, instrument: Instrument, interval: Interval) -> Subject:
        """The bars that it was given."""
        if instrument.symbol not in self.bars:
            raise NotFound(f"no closed {interval.name} bar of {instrument.symbol} is stored")
        bars = self.bars[instrument.symbol]
        self.bars |= self.closing
        return Subject(
            instrument_id=instrument.id,
            symbol=instrument.symbol,
            interval=interval,
            calendar=instrument.spec.sessions,
            trades_daily=False,
            bars=bars,
            member=None,
            first=len(bars) - 1,
        )

    async def analyze(
        self, instruments: Sequence[Instrument], interval: Interval
    ) -> Mapping[int, Signal | GatewayError]:
        """Signals of the last bars, stored."""
        assert self.services is not None
        self.asked.append([one.symbol for one in instruments])
        found: dict[int, Signal | GatewayError] = {}
        for one in instruments:
            try:
                subject = await self.subject(one, interval)
            except NotFound as error:
                found[one.id] = error
                continue
            (draft,) = voted(one, subject.bars, interval)
            await self.services.ingest.signals([draft])
            signal = await Loaders(self.services, is_fresh=True).signal.load(SignalKey(draft.time, draft.digest))
            assert signal is not None
            found[one.id] = signal
        return found


class Gate:
    """An agent of one family that votes when it is let, and says when it was asked."""

    def __init__(self) -> None:
        self.open, self.asked = threading.Event(), threading.Event()

    def agent(self) -> Agent:
        """The agent."""
        return Agent(
            name="gated", family=AgentFamily.PATTERN, warmup=0, meaning="Buy when it is let.", evidence=self._evidence
        )

    def _evidence(self, of: Indicators) -> Series:
        self.asked.set()
        assert self.open.wait(20)
        return of.bars.close


@asynccontextmanager
async def analysing(urls: ServerUrls, analyst: BarsAnalyst) -> AsyncIterator[RunningApp]:
    """A gateway whose engine is *analyst*."""
    endpoint = MarketEndpoint(build_schema())

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[State]:
        async with opened(PATIENT, urls, Held.of(PATIENT, urls)) as state:
            roster = roster_of(analyst.panel, engine_version(analyst.panel, PATIENT.engine_horizon_bars))
            analyst.services = replace(state["services"], analyst=analyst, roster=roster)
            yield State(services=analyst.services, hub=state["hub"], pings=state["pings"])

    app = Starlette(routes=[Route("/", endpoint), WebSocketRoute("/", endpoint)], lifespan=lifespan)
    async with RunningApp(app, endpoint.connections) as running:
        yield running
