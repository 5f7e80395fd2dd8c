"""Candle series: a window of bars as rows, as columns, and what it amounts to."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

import strawberry

from resolvers.compute.window_statistics import WindowStatistics, window_statistics
from resolvers.market import CandleWindow
from schema.bar_fields import BarColumns, BarField, BarRow, BarRows, column_type, row_type
from schema.caching import CacheControl
from schema.columns import BooleanColumn, FloatColumn, IntegerColumn, MomentColumn
from schema.enums import Interval, Source
from schema.indicators import indicator_fields
from schema.market import Hub, hub
from schema.node import Node, global_id
from schema.scalars import Moment, UnixSeconds


def _price(name: str, description: str) -> BarField:
    return BarField(
        name=name,
        description=description,
        kind=float,
        column=lambda window, _: FloatColumn(getattr(window.bars, name)),
        is_kept=True,
    )


_PLAIN_FIELDS = (
    BarField(
        name="time",
        description="Start of the bar; for D1 and W1 00:00 UTC of the session's date.",
        kind=Moment,
        column=lambda window, _: MomentColumn(window.bars.time),
        is_kept=True,
    ),
    BarField(
        name="timestamp",
        description="`time` in unix seconds.",
        kind=UnixSeconds,
        column=lambda window, _: IntegerColumn("UnixSeconds", window.bars.time),
        is_kept=True,
    ),
    _price("open", "First price."),
    _price("high", "Highest price."),
    _price("low", "Lowest price."),
    _price("close", "Last price."),
    BarField(
        name="volume",
        description="Units traded; null where the source did not say.",
        kind=float | None,
        column=lambda window, _: FloatColumn(window.bars.volume),
        is_kept=True,
    ),
    BarField(
        name="isClosed",
        description="Whether the bar's time is over; a bar that is not closed changes with every trade.",
        kind=bool,
        column=lambda window, _: BooleanColumn(window.is_closed()),
    ),
)

BAR_FIELDS = (*_PLAIN_FIELDS, *indicator_fields())
_FIELDS_BY_NAME = {field.name: field for field in BAR_FIELDS}

if TYPE_CHECKING:
    Candle = BarRow
    CandleColumns = BarColumns
else:
    Candle = row_type("Candle", "One bar of a series, with its indicators.", BAR_FIELDS)
    CandleColumns = column_type(
        "CandleColumns",
        "The bars of a series as lists of equal length, oldest first: smaller and faster than rows.",
        BAR_FIELDS,
    )


@strawberry.type(name="WindowStatistics", description="Figures over the bars of a window; null on an empty one.")
class StatisticsType:
    """`WindowStatistics` as a client sees it."""

    open: float | None = strawberry.field(description="Open of the first bar.")
    high: float | None = strawberry.field(description="Highest price.")
    low: float | None = strawberry.field(description="Lowest price.")
    close: float | None = strawberry.field(description="Close of the last bar.")
    change: float | None = strawberry.field(description="`close` less `open`.")
    change_percent: float | None = strawberry.field(description="`change` in percent of `open`.")
    mean_close: float | None = strawberry.field(description="Mean of the closes.")
    total_volume: float | None = strawberry.field(description="Units traded; null where a bar has no volume.")
    mean_volume: float | None = strawberry.field(description="Units traded per bar; null where a bar has no volume.")
    volatility_percent: float | None = strawberry.field(
        description="Sample standard deviation of the bars' log returns, in percent per bar; not annualised."
    )
    max_drawdown_percent: float | None = strawberry.field(
        description="Largest fall of a close from an earlier close of the window, in percent."
    )

    @classmethod
    def of(cls, figures: WindowStatistics) -> "StatisticsType":
        """The figures as they were computed."""
        return cls(**{name: getattr(figures, name) for name in WindowStatistics.__dataclass_fields__})


@strawberry.type(
    name="CandleSeries",
    description="A window of the bars of one instrument and interval, oldest first.",
    directives=[CacheControl(max_age=600)],
)
class CandleSeriesType(Node):
    """A window of candles."""

    window: strawberry.Private[CandleWindow]
    bar_columns: strawberry.Private[BarColumns]

    @classmethod
    def of(cls, window: CandleWindow) -> "CandleSeriesType":
        """The series of a window; its id is that of the instrument, the interval and the range."""
        asked = window.request
        return cls(
            id=global_id(
                "CandleSeries", window.instrument.symbol, asked.interval.name, asked.last, asked.start, asked.end
            ),
            window=window,
            bar_columns=BarColumns(window, _FIELDS_BY_NAME),
        )

    @strawberry.field(description="Whose prices these are.")
    def instrument(self) -> Hub:
        return hub(self.window.instrument)

    @strawberry.field(description="Length of each bar.")
    def interval(self) -> Interval:
        return self.window.request.interval

    @strawberry.field(description="How many bars the window holds.")
    def count(self) -> int:
        return len(self.window.bars)

    @strawberry.field(description="End of the newest bar of the window, or now while that bar is forming.")
    def as_of(self) -> datetime | None:
        return self.window.as_of()

    @strawberry.field(
        description=(
            "Whether the newest stored bar of the series ended more than three intervals, at most three days, ago."
        )
    )
    def stale(self) -> bool:
        return self.window.is_stale()

    @strawberry.field(description="Where the prices come from.")
    def source(self) -> Source:
        return self.window.state.source

    @strawberry.field(description="What the window amounts to.")
    def statistics(self) -> StatisticsType:
        return StatisticsType.of(window_statistics(self.window.bars))

    @strawberry.field(description="The bars as rows.")
    def bars(self) -> list[Candle]:
        rows: Any = BarRows(self.bar_columns)
        return rows  # type: ignore[no-any-return]

    @strawberry.field(description="The bars as columns.")
    def columns(self) -> CandleColumns:
        return self.bar_columns
