"""The gateway as a process of its own, on a core of its own."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType

_STOP_SECONDS = 30
_READY = re.compile(r"ready after ([\d.]+) s: http://[^:]+:(\d+)/")
_NO_SETTINGS: Mapping[str, object] = MappingProxyType({})


class GatewayProcess:
    """A running ``gateway serve`` or ``gateway demo``."""

    def __init__(self, process: "subprocess.Popen[str]", port: int, ready_seconds: float) -> None:
        self._process = process
        self.port = port
        self.ready_seconds = ready_seconds

    def kill(self) -> None:
        """Ends it as a failure of its machine would: it has no moment to do anything."""
        self._process.kill()
        self._process.communicate()

    def stop(self) -> None:
        """Asks it to end, and returns when it has."""
        _stop(self._process)

    def memory_mb(self) -> dict[str, float]:
        """Resident memory, now and at most, in MB; empty where the system does not tell."""
        try:
            status = Path(f"/proc/{self._process.pid}/status").read_text("utf-8")
        except OSError:
            return {}
        found = dict(re.findall(r"^(VmRSS|VmHWM):\s+(\d+) kB", status, re.MULTILINE))
        return {"now": int(found["VmRSS"]) / 1024, "most": int(found["VmHWM"]) / 1024}

    def cpu_seconds(self) -> float | None:
        """Processor time used so far; None where the system does not tell."""
        try:
            fields = Path(f"/proc/{self._process.pid}/stat").read_text("utf-8").rpartition(")")[2].split()
        except OSError:
            return None
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def separate_cores() -> tuple[set[int], set[int]] | None:
    """One core for the gateway and the others for everything else; None where that cannot be had."""
    if not hasattr(os, "sched_getaffinity"):
        return None
    cores = sorted(os.sched_getaffinity(0))
    return ({cores[0]}, set(cores[1:])) if len(cores) > 1 else None


@contextmanager
def on_cores(cores: set[int] | None) -> Iterator[None]:
    """Keeps this thread, and what it starts meanwhile, on *cores*; None changes nothing."""
    if cores is None:
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def environment(data: Path, settings: Mapping[str, object] = _NO_SETTINGS) -> dict[str, str]:
    """The environment of a gateway on *data* with *settings*, by their names: none of the user's takes part."""
    others = {name: value for name, value in os.environ.items() if not name.startswith("GATEWAY_")}
    own = {"data_dir": data, "port": 0, "log_level": "WARNING", **settings}
    return others | {f"GATEWAY_{name.upper()}": str(value) for name, value in own.items()}


def started_gateway(
    data: Path,
    *,
    command: Sequence[str] = ("serve",),
    cores: set[int] | None = None,
    settings: Mapping[str, object] = _NO_SETTINGS,
    module: str = "gateway",
) -> GatewayProcess:
    """
    A gateway on the data directory *data*, which serves on a free port unless the settings name one.

    Args:
        settings: By their names.
        module: What is run, if it is not the gateway itself.

    Raises:
        RuntimeError: If it ends before it is ready.
    """
    with on_cores(cores):
        process = subprocess.Popen(
            [sys.executable, "-m", module, *command],
            env=environment(data, settings),
            stdout=subprocess.PIPE,
            text=True,
        )
    try:
        assert process.stdout is not None  # noqa: S101 - it was asked for above
        ready = next((found for line in process.stdout if (found := _READY.search(line))), None)
        if ready is None:
            raise RuntimeError(f"{module} {' '.join(command)} ended with {process.wait()} before it was ready")
        return GatewayProcess(process, int(ready[2]), float(ready[1]))
    except BaseException:
        _stop(process)
        raise


@contextmanager
def running_gateway(
    data: Path,
    *,
    command: Sequence[str] = ("serve",),
    cores: set[int] | None = None,
    settings: Mapping[str, object] = _NO_SETTINGS,
    module: str = "gateway",
) -> Iterator[GatewayProcess]:
    """As `started_gateway`, until the block is left."""
    gateway = started_gateway(data, command=command, cores=cores, settings=settings, module=module)
    try:
        yield gateway
    finally:
        gateway.stop()


def _stop(process: "subprocess.Popen[str]") -> None:
    process.terminate()
    try:
        process.communicate(timeout=_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
