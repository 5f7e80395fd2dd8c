"""A page of the list of instruments."""

from dataclasses import dataclass

from resolvers.errors import BadInput
from resolvers.model.instrument import AssetClass
from resolvers.model.stored_text import is_storable


@dataclass(frozen=True, kw_only=True, slots=True)
class InstrumentPage:
    """
    Which instruments to list, by symbol.

    Raises:
        BadInput: If a text is one that nothing stored can contain.

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

    def __post_init__(self) -> None:
        """Refuses what cannot be looked for."""
        for name in ("after", "search", "currency", "exchange"):
            text: str | None = getattr(self, name)
            if text is not None and not is_storable(text):
                raise BadInput(f"{name} must be text without NUL, was {text[:40]!r}")
