"""The hub: between the events of the process and the streams of its clients."""

import asyncio
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, Final

from graphql import GraphQLError, GraphQLSchema

from gateway.endpoint.access import ANONYMOUS
from gateway.endpoint.operation import Operation
from gateway.streams.all import AllChannel
from gateway.streams.channel import Channel
from gateway.streams.execution import Executions, NewContext
from gateway.streams.hub_settings import HubSettings
from gateway.streams.latest import LatestChannel
from gateway.streams.position import Follower, point_of, positions_of
from gateway.streams.selection import subscription_of
from gateway.streams.source import Mode, Source
from gateway.streams.subscriber import Subscriber
from resolvers.errors import GatewayError
from resolvers.model.event import Event, EventKind

_CHANNELS: Final[Mapping[Mode, type[Channel[Any]]]] = {Mode.LATEST: LatestChannel, Mode.ALL: AllChannel}


class Hub:
    """
    Streams the fields of the subscription type.

    A selection is executed once for all who share it, whatever they watch; each of them gets its own items, in its
    own time. It is a listener of the reader of events.

    Args:
        sources: One for each field.
        new_context: Makes the context of one execution.
        follower: Whoever reads the events; its database is the one that positions are of.
        clock: Seconds, as the event loop counts them.
    """

    def __init__(
        self,
        schema: GraphQLSchema,
        sources: Iterable[Source],
        *,
        new_context: NewContext,
        follower: Follower,
        settings: HubSettings | None = None,
        clock: Callable[[], float] | None = None,
    ) -> None:
        self.schema = schema
        settings = settings or HubSettings()
        self.executions = Executions(schema, new_context, settings.execution_seconds)
        self._follower = follower
        self._channels: dict[str, Channel[Any]] = {}
        self._is_closed = False
        for source in sources:
            self._channels[source.field] = _CHANNELS[source.mode](
                source,
                self.executions,
                settings,
                positions_of(follower, source.kind),
                clock or _loop_time,
            )
        self._audience_arguments = {name: one.source.audience_arguments for name, one in self._channels.items()}

    def start(self) -> None:
        """Begins behind the last event that the follower knows of."""
        for kind, number in self._follower.position.items():
            for channel in self._of_kinds([kind]):
                channel.start(number)

    async def subscribe(
        self,
        operation: Operation,
        variables: Mapping[str, Any],
        *,
        access: str = ANONYMOUS,
        resume_from: str | None = None,
    ) -> Subscriber:
        """
        The stream of a validated subscription; it has to be closed by whoever takes it.

        Args:
            access: The class of the client; within one, equal selections have equal items.
            resume_from: The position of the last message that the client has.

        Raises:
            RequestErrors: If the variables do not fit.
            NotShared: If the field is none of the hub's.
            GraphQLError: If the operation cannot be streamed, or an argument cannot be right.
        """
        if self._is_closed:
            raise GraphQLError("the gateway is shutting down", extensions={"code": "GOING_AWAY"})
        follower = self._follower
        try:
            subscription = subscription_of(self.schema, operation, variables, self._audience_arguments, access)
            channel = self._channels[subscription.selection.field]
            resume = None if resume_from is None else point_of(resume_from, follower, channel.source.kind)
            audience = await channel.source.audience(dict(subscription.arguments))
        except GatewayError as error:
            raise GraphQLError(str(error), original_error=error) from error
        return channel.join(subscription, audience, resume)

    def streams(self, field: str) -> bool:
        """Whether a field of the subscription type is one of this hub's."""
        return field in self._channels

    # --- what the reader tells

    def on_event(self, event: Event) -> None:
        """The next event of its kind."""
        for channel in self._of_kinds([event.kind]):
            channel.on_event(event)

    def on_reset(self, kinds: Collection[EventKind]) -> None:
        """Events of *kinds* were missed for good."""
        for channel in self._of_kinds(kinds):
            channel.on_reset()

    def on_status(self, kinds: Collection[EventKind], *, is_reachable: bool) -> None:
        """Events of *kinds* cannot be read, or can be read again."""
        for channel in self._of_kinds(kinds):
            channel.on_status(is_reachable=is_reachable)

    def flush(self) -> None:
        """Sends what there is, without waiting for the beat."""
        for channel in self._channels.values():
            channel.beat.now()

    # --- the end

    @property
    def origin(self) -> str:
        """Id of the database that positions are of."""
        return self._follower.origin

    @property
    def sizes(self) -> dict[str, int]:
        """How much is held, by what it is."""
        sizes = Counter[str]()
        for channel in self._channels.values():
            sizes.update(channel.sizes)
        return dict(sizes)

    @property
    def is_idle(self) -> bool:
        """Whether nothing is on its way to any subscriber."""
        return all(channel.is_idle for channel in self._channels.values())

    @property
    def subscribers(self) -> list[Subscriber]:
        """All streams that are open."""
        return [one for channel in self._channels.values() for one in channel.subscribers]

    async def close(self, *, over_seconds: float = 0.0) -> None:
        """
        Ends all streams with the position to resume from elsewhere.

        Args:
            over_seconds: The time over which they are spread, so that clients do not come back at once.
        """
        self._is_closed = True
        subscribers = self.subscribers
        for one in subscribers:
            one.end(
                {
                    "message": "the gateway is shutting down; subscribe again with resumeFrom",
                    "extensions": {"code": "GOING_AWAY"},
                }
            )
            if over_seconds:
                await asyncio.sleep(over_seconds / len(subscribers))
        for channel in self._channels.values():
            await channel.close()

    def _of_kinds(self, kinds: Collection[EventKind]) -> list[Channel[Any]]:
        return [channel for channel in self._channels.values() if channel.source.kind in kinds]


def _loop_time() -> float:
    return asyncio.get_running_loop().time()
