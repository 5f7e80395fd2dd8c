"""What every resolver of one operation shares."""

from dataclasses import dataclass, field
from typing import Any, TypeAlias

import strawberry

from resolvers.loaders import Loaders
from resolvers.services import Services


@dataclass(frozen=True, kw_only=True, slots=True)
class Context:
    """
    The context of one operation.

    Attributes:
        loaders: Fresh for this operation, so that nothing is answered from an earlier one.
        plans: What was learned from the operation's text, by what it was learned about.
    """

    services: Services
    loaders: Loaders
    plans: dict[Any, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, services: Services) -> "Context":
        """A new context with new loaders."""
        return cls(services=services, loaders=Loaders(services))


Info: TypeAlias = strawberry.Info[Context, None]
