"""What every resolver of one operation shares."""

from dataclasses import dataclass, field
from typing import TypeAlias

import strawberry

from resolvers.loaders import Loaders
from resolvers.services import Services
from schema.plans import Plans


@dataclass(frozen=True, kw_only=True, slots=True)
class Context:
    """
    The context of one operation.

    Attributes:
        loaders: Fresh for this operation, so that nothing is answered from an earlier one.
        plans: What was learned from the operation's text; a text that is executed again brings what it knows.
    """

    services: Services
    loaders: Loaders
    plans: Plans = field(default_factory=Plans)

    @classmethod
    def of(cls, services: Services) -> "Context":
        """A new context with new loaders."""
        return cls(services=services, loaders=Loaders(services))


Info: TypeAlias = strawberry.Info[Context, None]
