"""``gateway demo``: a market out of nothing, kept, and shared with every process on the same directory."""

import os
import signal
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.gateway.embedded.neighbour import is_running, pids, wait_until
from tests.processes import REPOSITORY, Serving, command, environment, run

_CHART = """query Chart { candles(symbol: "NOVA", interval: D1, last: 250) {
  columns { timestamp close  rsi(period: 14)  fast: ema(period: 12)  slow: ema(period: 26)
            bollinger(period: 20, deviations: 2) { upper middle lower } } } }"""
_MARKET = """{ instruments(first: 500) { totalCount nodes { symbol isSimulated quote { price source }
    candles(interval: H1, last: 5) { source columns { timestamp close } } } } }"""
_PRICES = "date,open,high,low,close,volume\n2024-01-02,10,12,9,11,100\n2024-01-03,11,13,10,12,200\n"


@pytest.fixture(scope="module")
def variables(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """An empty home and a data directory, where the market is made once and stands still; no server stays on it."""
    folder = tmp_path_factory.mktemp("demo")
    yield environment(folder, data_dir=folder / "data", simulated_writes_per_second=0)
    assert pids(folder / "data") == (None, None)


@pytest.fixture(scope="module")
def data_dir(variables: dict[str, str]) -> Path:
    """Where the embedded servers keep their data."""
    return Path(variables["GATEWAY_DATA_DIR"])


@pytest.fixture(scope="module")
def first_answers(variables: dict[str, str]) -> tuple[dict[str, Any], dict[str, Any]]:
    """What the first start answered: the design's chart, and the market."""
    with Serving(variables, "demo") as demo:
        assert "(a simulated market: every price is made up)" in demo.output[-1]
        assert demo.client.get("/readyz").json()["status"] == "ok"
        return demo.data(_CHART), demo.data(_MARKET)


def test_the_design_s_chart_is_answered(first_answers: tuple[dict[str, Any], dict[str, Any]]) -> None:
    """250 values in each list, all of them known, and everything says that it is simulated."""
    chart, market = first_answers
    columns = chart["candles"]["columns"]
    assert [len(columns[name]) for name in ("timestamp", "close", "rsi", "fast", "slow")] == [250] * 5
    assert all(None not in columns[name] for name in ("close", "rsi", "fast", "slow"))
    assert all(None not in line for line in columns["bollinger"].values())
    nodes = market["instruments"]["nodes"]
    assert market["instruments"]["totalCount"] == len(nodes) == 24
    assert {node["isSimulated"] for node in nodes} == {True}
    assert {node["quote"]["source"] for node in nodes} == {node["candles"]["source"] for node in nodes} == {"SIMULATED"}


def test_processes_share_the_servers_and_the_market(
    first_answers: tuple[dict[str, Any], dict[str, Any]], variables: dict[str, str], data_dir: Path, tmp_path: Path
) -> None:
    """
    A second start has the same market; a second demo, an import and an edit run beside it on the same servers; a
    ``kill -9`` of one process touches neither the servers nor the others; the last to leave stops them.
    """
    path = tmp_path / "acme.csv"
    path.write_text(_PRICES)
    with Serving(variables, "demo") as demo:
        assert (demo.data(_CHART), demo.data(_MARKET)) == first_answers
        servers = pids(data_dir)
        with Serving(variables, "demo") as other:
            ended = run(variables, "import", path, "--symbol", "ACME")
            assert (ended.returncode, ended.stderr) == (0, "")
            for serving in (demo, other):
                data: dict[str, Any] = serving.data('{ candles(symbol: "acme") { source count } }')
                assert data["candles"] == {"source": "FILE", "count": 2}
            refused = run(variables, "import", path, "--symbol", "NOVA")
            assert refused.returncode == 1
            assert "NOVA is a simulated instrument" in refused.stderr
            assert pids(data_dir) == servers
            assert other.end(signal.SIGKILL) == -signal.SIGKILL
        assert pids(data_dir) == servers
        assert demo.data(_CHART) == first_answers[0]
        assert demo.client.get("/readyz").status_code == 200
        assert demo.end(signal.SIGINT) == 130
    for pid in servers:
        assert pid is not None
        assert not is_running(pid)


def test_the_directory_is_ours_alone(first_answers: tuple[dict[str, Any], dict[str, Any]], data_dir: Path) -> None:
    """0700, and nothing beside it in the home."""
    assert stat.S_IMODE(data_dir.stat().st_mode) == 0o700
    assert [one.name for one in data_dir.parent.iterdir()] == [data_dir.name]


def test_the_market_goes_on(first_answers: tuple[dict[str, Any], dict[str, Any]], variables: dict[str, str]) -> None:
    """The gap since it was made is filled, coins have new quotes whatever the hour, and stopping it is clean."""
    query = (
        '{ quotes(symbols: ["QUBZUSD"]) { asOf bid ask } candles(symbol: "QUBZUSD", interval: M1, last: 1) { count } }'
    )
    ticking = {**variables, "GATEWAY_SIMULATED_WRITES_PER_SECOND": "20"}
    with Serving(ticking, "demo") as demo, Serving(ticking, "demo") as other:
        before: dict[str, Any] = demo.data(query)
        for serving in (demo, other):
            wait_until(lambda serving=serving: serving.data(query) != before, "the market goes on")  # type: ignore[misc]
        after: dict[str, Any] = demo.data(query)
        assert after["quotes"][0]["asOf"] > before["quotes"][0]["asOf"]
        assert after["quotes"][0]["bid"] < after["quotes"][0]["ask"]
        assert demo.end(signal.SIGTERM) == 0


def test_a_file_of_the_user_s_is_served_instead(tmp_path: Path) -> None:
    """No simulated instrument is made; the servers go with the process, even one that is told to hang up."""
    path = tmp_path / "prices.csv"
    path.write_text(_PRICES)
    home = tmp_path / "home"
    home.mkdir()
    variables = environment(home, data_dir=tmp_path / "data")
    serving = Serving(variables, "demo", "--data", path, "--symbol", "ACME")
    serving.wait_until_ready()
    assert "simulated" not in serving.output[-1]
    data: dict[str, Any] = serving.data("{ instruments { nodes { symbol isSimulated quote { price } } } }")
    assert data["instruments"]["nodes"] == [{"symbol": "ACME", "isSimulated": False, "quote": {"price": 12.0}}]
    assert serving.end(signal.SIGHUP) == 129
    assert "Traceback" not in serving.log
    wait_until(lambda: pids(tmp_path / "data") == (None, None), "the servers are gone")


def test_a_file_that_cannot_be_read_is_one_line(tmp_path: Path) -> None:
    """Status 1, and no server stays behind."""
    variables = environment(tmp_path, data_dir=tmp_path / "data")
    ended = run(variables, "demo", "--data", tmp_path / "none.csv")
    assert ended.returncode == 1
    assert ended.stderr.splitlines()[-1] == f"gateway: {tmp_path}/none.csv cannot be read: No such file or directory"
    assert pids(tmp_path / "data") == (None, None)


def test_a_directory_that_is_none_is_one_line(tmp_path: Path) -> None:
    """A file stands where the data should be."""
    (tmp_path / "data").write_text("")
    ended = run(environment(tmp_path, data_dir=tmp_path / "data"), "demo")
    assert ended.returncode == 1
    assert ended.stderr.startswith("gateway: ")
    assert ended.stderr.count("\n") == 1


def test_the_default_directory_is_in_the_home_for_anyone_but_root(tmp_path: Path) -> None:
    """As `check` says, without making it."""
    text = run(environment(tmp_path), "check").stdout
    expected = "/var/lib/signal-gateway" if os.geteuid() == 0 else str(tmp_path)
    assert f"PostgreSQL: embedded, in {expected}" in text


def test_a_demo_killed_while_it_makes_its_market_starts_again(tmp_path: Path) -> None:
    """Nothing half made is kept: the next start makes it whole."""
    variables = environment(tmp_path, data_dir=tmp_path / "data")
    process = subprocess.Popen(
        command("demo"), env=variables, cwd=REPOSITORY, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    assert process.stderr is not None
    assert any("making the simulated market" in line for line in process.stderr)
    process.kill()
    process.communicate()
    with Serving(variables, "demo") as demo:
        market: dict[str, Any] = demo.data(_MARKET)
        assert market["instruments"]["totalCount"] == 24
        assert all(len(one["candles"]["columns"]["close"]) == 5 for one in market["instruments"]["nodes"])
