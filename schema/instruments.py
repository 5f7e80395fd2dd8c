"""The connection of instruments."""

import strawberry

from resolvers import market
from resolvers.model.instrument import Instrument
from resolvers.model.instrument_page import InstrumentPage
from schema.caching import CacheControl
from schema.context import Info
from schema.enums import AssetClass
from schema.instrument import InstrumentEdge, InstrumentType
from schema.market_costs import COUNT
from schema.pagination import PageInfo, checked_first, cursor_of, key_of
from schema.scalars import given

_KIND = "instrument"


@strawberry.input(description="Which instruments to list; every condition given must hold.")
class InstrumentFilter:
    """Conditions on instruments."""

    asset_class: list[AssetClass] | None = strawberry.field(
        default=strawberry.UNSET, description="One of these classes."
    )
    currency: str | None = strawberry.field(default=strawberry.UNSET, description="Quoted in this currency.")
    exchange: str | None = strawberry.field(default=strawberry.UNSET, description="Traded there.")
    is_active: bool | None = strawberry.field(default=strawberry.UNSET, description="Still traded, or no longer.")
    is_simulated: bool | None = strawberry.field(default=strawberry.UNSET, description="Made up, or real.")


@strawberry.type(
    name="InstrumentConnection",
    description="Instruments by symbol, a page at a time.",
    directives=[CacheControl(max_age=600)],
)
class InstrumentConnection:
    """A page of instruments."""

    page: strawberry.Private[InstrumentPage]
    found: strawberry.Private[list[Instrument]]

    @classmethod
    async def read(
        cls, info: Info, first: int, after: str | None, search: str | None, conditions: InstrumentFilter | None
    ) -> "InstrumentConnection":
        """
        The page behind the cursor *after*.

        Raises:
            BadInput: If *first* is negative or *after* is no cursor of instruments.
            TooLarge: If *first* is over the limit.
        """
        wanted = conditions or InstrumentFilter()
        classes = given(wanted.asset_class)
        page = InstrumentPage(
            first=checked_first(first),
            after=key_of(_KIND, after),
            search=(search or "").strip() or None,
            asset_classes=None if classes is None else tuple(classes),
            currency=given(wanted.currency),
            exchange=given(wanted.exchange),
            is_active=given(wanted.is_active),
            is_simulated=given(wanted.is_simulated),
        )
        return cls(page=page, found=await market.instruments(info.context.loaders, page))

    @strawberry.field(description="The page's instruments with their cursors.")
    def edges(self) -> list[InstrumentEdge]:
        return [
            InstrumentEdge(cursor=cursor_of(_KIND, one.symbol), node=InstrumentType.of(one)) for one in self._shown()
        ]

    @strawberry.field(description="The page's instruments.")
    def nodes(self) -> list[InstrumentType]:
        return [InstrumentType.of(one) for one in self._shown()]

    @strawberry.field(description="Where the page lies.")
    def page_info(self) -> PageInfo:
        shown = self._shown()
        return PageInfo(
            has_next_page=len(self.found) > len(shown),
            has_previous_page=self.page.after is not None,
            start_cursor=cursor_of(_KIND, shown[0].symbol) if shown else None,
            end_cursor=cursor_of(_KIND, shown[-1].symbol) if shown else None,
        )

    @strawberry.field(description="How many instruments match on all pages; counted only when asked for.", **COUNT)
    async def total_count(self, info: Info) -> int:
        return await market.count_of_instruments(info.context.loaders, self.page)

    def _shown(self) -> list[Instrument]:
        return self.found[: self.page.first]
