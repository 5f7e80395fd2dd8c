"""What the fields of agents and their votes cost, in units of about a microsecond."""

from typing import Any

from resolvers.compute.agents.catalog import AGENTS
from resolvers.model.measured import MEASURED
from resolvers.model.vote import AgentFamily
from schema.cost import REFUSES, Cost, ListSize

_PARAMETERS = 3

AGENTS_LIST: dict[str, Any] = {"directives": [ListSize(assumed_size=len(AGENTS))]}
PARAMETERS: dict[str, Any] = {"directives": [Cost(weight="0.5"), ListSize(assumed_size=_PARAMETERS)]}
VOTES = AGENTS_LIST
FAMILIES: dict[str, Any] = {"directives": [ListSize(assumed_size=len(AgentFamily))]}
MEASURES: dict[str, Any] = {"directives": [ListSize(assumed_size=len(MEASURED))]}
CONSENSUS: dict[str, Any] = {"directives": [Cost(weight="50")]}
# A series is read, its bars are voted on, and a transaction stores the signal.
ANALYZE: dict[str, Any] = {
    "directives": [
        Cost(weight="2000"),
        ListSize(slicing_arguments=["symbols"], sized_fields=["signals", "errors"], item_weight="2000"),
    ],
    "metadata": {REFUSES: True},
}
ANALYSIS: dict[str, Any] = {"directives": [Cost(weight="5000")]}
RATIONALE: dict[str, Any] = {"directives": [Cost(weight="30")]}
