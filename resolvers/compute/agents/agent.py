"""What the catalog says about an agent: its name, family, parameters and warm-up, and the function itself."""

import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import numpy as np

from resolvers.compute.agents.indicators import Indicators
from resolvers.model.bars import Series
from resolvers.model.vote import AgentFamily

_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")


@dataclass(frozen=True, kw_only=True, slots=True)
class Agent:
    """
    One entry of the catalog.

    Attributes:
        name: Unique, snake_case, at most 40 characters.
        parameters: Finite numbers by name, given to *evidence* as keywords, and shown to clients.
        warmup: Bars at the start of a series that it abstains on; its first vote is on the bar with this index.
        meaning: One line that says when it votes which way: *while* for a state, *on the bar* for an event.
        evidence: ``(indicators, **parameters)`` to a column of shape ``(n,)`` whose sign is the vote: positive for a
            rise, negative for a fall, zero for neither, and not finite where there is nothing to say. The value at
            a bar may depend on it and on those before it, never on a later one.
        needs_volume: Whether it abstains where a volume that it looks at is missing or zero.
        needs_universe: Whether it looks at the other instruments.
        settles: Bars after which its votes no longer depend on where the bars began; None where they depend on all
            of them. Whoever computes votes begins with the first stored bar, which suits both.

    Raises:
        ValueError: If one of them cannot be right.
    """

    name: str
    family: AgentFamily
    parameters: Mapping[str, float] = field(default_factory=dict)
    warmup: int
    meaning: str
    evidence: Callable[..., Series]
    needs_volume: bool = False
    needs_universe: bool = False
    settles: int | None = None

    def __post_init__(self) -> None:
        """Refuses what no agent can be, for those that come from elsewhere."""
        name: object = self.name
        meaning: object = self.meaning
        settles: object = self.settles
        _expect(isinstance(name, str) and _NAME.fullmatch(name), "name must be snake_case, up to 40 characters", name)
        _expect(isinstance(self.family, AgentFamily), f"{self.name}: family must be an AgentFamily", self.family)
        _expect(_is_count(self.warmup), f"{self.name}: warmup must be a whole number, at least 0", self.warmup)
        settled = settles is None or (isinstance(settles, int) and settles >= self.warmup)
        _expect(settled, f"{self.name}: settles must be None or a whole number, at least warmup", settles)
        one_line = isinstance(meaning, str) and meaning.strip() and "\n" not in meaning
        _expect(one_line, f"{self.name}: meaning must be one line", meaning)
        _expect(
            _are_numbers(self.parameters), f"{self.name}: parameters must be finite numbers by name", self.parameters
        )
        _expect(callable(self.evidence), f"{self.name}: evidence must be a function", self.evidence)
        object.__setattr__(self, "parameters", MappingProxyType(dict(self.parameters)))

    def column(self, of: Indicators) -> Series:
        """
        Its evidence on every bar, shape ``(n,)``.

        Raises:
            ValueError: If it is not a number for each bar.
            Exception: Whatever the function raises.
        """
        found = np.asarray(self.evidence(of, **self.parameters), np.float64)
        if found.shape != (len(of.bars),):
            raise ValueError(f"a number for each of {len(of.bars)} bars was expected, found the shape {found.shape}")
        return found


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _are_numbers(value: object) -> bool:
    """Whether they can be keywords and numbers of JSON."""
    return isinstance(value, Mapping) and all(
        isinstance(name, str)
        and name.isidentifier()
        and isinstance(number, (int, float))
        and not isinstance(number, bool)
        and -sys.float_info.max <= number <= sys.float_info.max
        for name, number in value.items()
    )


def _expect(holds: object, expected: str, found: Any) -> None:
    if not holds:
        raise ValueError(f"{expected}, was {found!r}")
