"""How often an agent was right, beside how often as many votes at any bars would have been."""

from dataclasses import dataclass

from resolvers.compute.track_record import TrackRecord


@dataclass(frozen=True, kw_only=True, slots=True)
class AgentPerformance:
    """
    What became of an agent's votes.

    Cases overlap, because one bar's horizon is mostly the next one's, and instruments move together: of so many cases
    far fewer say something new.

    Attributes:
        horizon: Bars from a vote to what became of it.
        hits: Votes for the side that the close went to.
        cases: Votes that were not 0, and of which that is known.
        base_rate: The share of hits that as many buys and sells would have had at bars chosen blindly; None without
            cases.
        since, until: Times of the first and last bar of the period, in unix seconds; None where nothing is known.
    """

    horizon: int
    hits: int
    cases: int
    base_rate: float | None
    since: int | None
    until: int | None

    @property
    def hit_rate(self) -> float | None:
        """The share of hits among the cases; None without any."""
        return self.hits / self.cases if self.cases else None


def performances(record: TrackRecord) -> tuple[AgentPerformance, ...]:
    """One for each agent of the record's panel, in its order."""
    bars, rises, falls = record.market.total().tolist()
    buys, sells, right_buys, right_sells = record.agents.total().tolist()
    return tuple(
        AgentPerformance(
            horizon=record.horizon,
            hits=right_buy + right_sell,
            cases=buy + sell,
            base_rate=(buy * rises + sell * falls) / ((buy + sell) * bars) if buy + sell else None,
            since=record.since,
            until=record.until,
        )
        for buy, sell, right_buy, right_sell in zip(buys, sells, right_buys, right_sells, strict=True)
    )
