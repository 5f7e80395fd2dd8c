"""A page of the list of instruments."""

from dataclasses import dataclass

from resolvers.model.instrument import AssetClass


@dataclass(frozen=True, kw_only=True, slots=True)
class InstrumentPage:
    """
    Which instruments to list, by symbol.

    Attributes:
        after: Only symbols after this one; stable while instruments come and go.
        first: At most this many.
        search: Text that the symbol, an alias or the name contains, in any case.
    """

    after: str | None = None
    first: int = 20
    search: str | None = None
    asset_classes: tuple[AssetClass, ...] | None = None
    currency: str | None = None
    exchange: str | None = None
    is_active: bool | None = None
    is_simulated: bool | None = None
