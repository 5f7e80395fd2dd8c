"""The hub of the market schema."""

from dataclasses import replace

from gateway.streams.candles import CandlesSource
from gateway.streams.history import History
from gateway.streams.hub import Hub
from gateway.streams.hub_settings import HubSettings
from gateway.streams.opportunities import OpportunitiesSource
from gateway.streams.position import Follower
from gateway.streams.quotes import QuotesSource
from gateway.streams.signals import SignalsSource
from resolvers.services import Services
from schema.build import build_schema
from schema.context import Context
from schema.plans import Plans


def market_hub(services: Services, *, follower: Follower, history: History, settings: HubSettings | None = None) -> Hub:
    """A hub for all fields of the subscription type; it is to be a listener of the *follower*, and to be started."""

    def new_context(plans: Plans) -> Context:
        context = replace(Context.of(services), plans=plans)
        context.loaders.may_wait = False
        return context

    return Hub(
        build_schema()._schema,
        [
            QuotesSource(services, history),
            CandlesSource(services, history),
            SignalsSource(services, history),
            OpportunitiesSource(services, history),
        ],
        new_context=new_context,
        follower=follower,
        settings=settings,
    )
