"""``gateway instruments``: what can be listed can be imported, and an edit reaches the bars that depend on it."""

from pathlib import Path

import pytest

from resolvers.model.bars import Bars
from resolvers.model.interval import Interval
from resolvers.storage.pool import Pool
from tests.bars import instrument, spaced, store
from tests.gateway.commands.conftest import Runner
from tests.servers import RunningGateway

_HEADER = "symbol,name,asset_class,exchange,currency,timezone,session_start,tick_size,active,aliases\n"


def test_what_is_listed_can_be_imported(quick_command: Runner, tmp_path: Path) -> None:
    """A list that was imported into an empty database is the same list, and importing it again changes nothing."""
    path = tmp_path / "instruments.csv"
    path.write_text(
        _HEADER
        + 'BRK.B,"Berkshire, B",EQUITY,XNYS,USD,America/New_York,00:00,0.01,yes,BRK-B BRKB\n'
        + "EURUSD,Euro,FX,,USD,America/New_York,17:00,1e-05,no,EUR/USD\n"
        + "X,,EQUITY,,USD,UTC,00:00,,yes,\n"
    )
    for _ in range(2):
        assert quick_command("instruments", "import", path).returncode == 0
        assert quick_command("instruments", "list").stdout == path.read_text()


async def test_columns_that_are_absent_stay_as_they_are(gateway_command: Runner, pool: Pool, tmp_path: Path) -> None:
    """An empty cell clears a name; a missing column leaves it."""
    await instrument(pool, "ACME", name="Acme", exchange="XNAS", aliases=("ACM",))
    path = tmp_path / "instruments.csv"
    path.write_text("\ufeffexchange,symbol\n,acme\n")
    ended = gateway_command("instruments", "import", path)
    assert (ended.returncode, ended.stdout) == (0, "ACME: Acme, EQUITY, USD, UTC, 00:00, yes, ACM\n")


async def test_set_edits_one_instrument(gateway_command: Runner, pool: Pool, gateway: RunningGateway) -> None:
    """By any of its names; every field, as the API shows it; an empty alias takes the aliases away."""
    await instrument(pool, "ACME", aliases=("ACM",))
    ended = gateway_command(
        "instruments",
        *("set", "acm", "--name", "Acme & Sons", "--asset-class", "ETF", "--exchange", "XETR", "--currency", "eur"),
        *("--timezone", "Europe/Berlin", "--tick-size", "0.05", "--active", "no", "--alias", "ac-me", "--alias", "am"),
    )
    assert ended.returncode == 0
    query = (
        """{ instrument(symbol: "ACME") { name assetClass exchange currency timezone tickSize isActive aliases } }"""
    )
    assert (await gateway.data(query))["instrument"] == {
        "name": "Acme & Sons",
        "assetClass": "ETF",
        "exchange": "XETR",
        "currency": "EUR",
        "timezone": "Europe/Berlin",
        "tickSize": 0.05,
        "isActive": False,
        "aliases": ["AC-ME", "AM"],
    }
    assert gateway_command("instruments", "set", "ACME", "--alias", "").returncode == 0
    assert (await gateway.data("{ instruments { nodes { aliases } } }"))["instruments"]["nodes"] == [{"aliases": []}]


async def test_a_new_session_makes_days_anew(gateway_command: Runner, pool: Pool, gateway: RunningGateway) -> None:
    """Days that were made of hours follow the new zone and start; the hours stay."""
    bars: Bars = spaced(96, Interval.H1)
    await store(pool, await instrument(pool, "EURUSD"), Interval.H1, bars)
    query = '{ candles(symbol: "EURUSD") { columns { time open close volume } } }'
    before = (await gateway.data(query))["candles"]["columns"]
    ended = gateway_command(
        "instruments", "set", "EURUSD", "--timezone", "America/New_York", "--session-start", "17:00"
    )
    assert ended.returncode == 0
    after = (await gateway.data(query))["candles"]["columns"]
    # Bars begin on Thursday at 12:00 UTC; 17:00 in New York is 22:00 UTC in February.
    assert before["open"][:2] == bars.open[[0, 12]].tolist()
    assert after["open"][:2] == bars.open[[0, 10]].tolist()
    assert after["close"][0] == bars.close[9]
    assert after["time"][0] == "2024-02-01T00:00:00Z"
    assert sum(after["volume"]) == pytest.approx(sum(before["volume"]))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["set", "NONE"], "no instrument NONE; `gateway import` creates those of a file"),
        (["set", "ACME", "--timezone", "Nowhere"], "timezone is an IANA name such as Europe/Berlin, was 'Nowhere'"),
        (["set", "ACME", "--timezone", "../../etc/passwd"], "timezone is an IANA name"),
        (["set", "ACME", "--session-start", "25:00"], "session_start is a local time such as 17:00, was '25:00'"),
        (["set", "ACME", "--session-start", "9:30"], "a session starts at 00:00 or at noon or later"),
        (["set", "ACME", "--tick-size", "nan"], "tick_size is a positive number, was nan"),
        (["set", "ACME", "--alias", "OTHER"], "another instrument is already found as OTHER"),
        (["import", "none.csv"], "none.csv cannot be read"),
    ],
    ids=str,
)
def test_what_cannot_be_right_changes_nothing(
    options: list[str], words: str, quick_command: Runner, tmp_path: Path
) -> None:
    """Status 1 and one line."""
    (tmp_path / "two.csv").write_text("symbol,aliases\nACME,ACM\nOTHER,\n")
    quick_command("instruments", "import", tmp_path / "two.csv")
    before = quick_command("instruments", "list").stdout
    ended = quick_command("instruments", *options)
    assert ended.returncode == 1
    assert ended.stderr.startswith("gateway: ")
    assert words in ended.stderr
    assert ended.stderr.count("\n") == 1
    assert quick_command("instruments", "list").stdout == before


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "the columns symbol and any of name, "),
        ("name\nAcme\n", "the columns symbol and any of name, "),
        ("symbol,colour\nACME,red\n", "found symbol, colour"),
        ("symbol,name\n,Acme\n", "row 2: a symbol was expected, found nothing"),
        ("name,symbol\nAcme\n", "row 2: a symbol was expected, found nothing"),
        ("symbol,name\nA,ok\nB\0,x\n", "row 3: symbol must be text without NUL, was 'B\\x00'"),
        ("symbol,asset_class\nA,BOND\n", "row 2: asset_class is one of EQUITY, "),
        ("symbol,active\nA,maybe\n", "row 2: active is yes or no, was 'maybe'"),
        ("symbol,tick_size\nA,1e999\n", "row 2: tick_size is a positive number, was '1e999'"),
    ],
    ids=repr,
)
def test_a_wrong_file_is_told_with_its_row(text: str, words: str, quick_command: Runner, tmp_path: Path) -> None:
    """Status 1 and one line."""
    path = tmp_path / "wrong.csv"
    path.write_text(text)
    ended = quick_command("instruments", "import", path)
    assert ended.returncode == 1
    assert words in ended.stderr
    assert ended.stderr.count("\n") == 1
