"""When the process looks for garbage."""

import asyncio

import uvicorn
from starlette.applications import Starlette

from gateway.garbage import Garbage
from gateway.server import Server


class Blocks:
    """Memory as a test has it, with what was noted of it."""

    def __init__(self) -> None:
        self.count = 100
        self.cyclic = 0
        self.looks: list[int] = []

    def __call__(self) -> int:
        """How much there is."""
        return self.count

    def collect(self) -> None:
        """Frees what refers to itself."""
        self.looks.append(self.count)
        self.count -= self.cyclic
        self.cyclic = 0


def test_it_is_looked_for_when_there_is_half_as_much_again() -> None:
    """What comes and goes does not count, however much it is; garbage that was found does not either."""
    blocks = Blocks()
    garbage = Garbage(growth=0.5, blocks=blocks, collect=blocks.collect)
    assert garbage.look()  # nothing is known yet
    for count in (90, 150, 100, 149):
        blocks.count = count
        assert not garbage.look()
    blocks.count, blocks.cyclic = 151, 41
    assert garbage.look()
    blocks.count = 165
    assert not garbage.look()
    blocks.count = 166
    assert garbage.look()
    assert blocks.looks == [100, 151, 166]


async def test_the_server_looks_for_it() -> None:
    """From its start on."""
    blocks = Blocks()
    garbage = Garbage(blocks=blocks, collect=blocks.collect)
    server = Server(uvicorn.Config(Starlette(), port=0, log_config=None, ws="none"), garbage=garbage)
    serving = asyncio.create_task(server.serve())
    while not blocks.looks:  # noqa: ASYNC110 - it looks by the clock
        await asyncio.sleep(0.001)
    server.should_exit = True
    await serving
