"""GraphiQL in a real browser that can reach nothing but the gateway."""

import shutil
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from selenium.webdriver.common.keys import Keys

from gateway.feeds.simulated_store import store_simulated_market
from resolvers.storage.pool import Pool
from tests.bars import instrument
from tests.gateway.pages.visit import Visit
from tests.servers import RunningGateway

_TABS = ["Chart", "WatchList", "Indicators", "Live", "Signals", "LiveSignals", "Opportunities", "Insights"]


@pytest.fixture
async def visit(gateway: RunningGateway, built: Path) -> AsyncIterator[Visit]:
    """GraphiQL on its first visit; nobody but the gateway was asked for anything, and nothing went wrong."""
    chromium, chromedriver = shutil.which("chromium"), shutil.which("chromedriver")
    if chromium is None or chromedriver is None:
        pytest.skip("chromium and chromedriver are not on the PATH")
    home = str(gateway.client.base_url)
    async with Visit(chromium, chromedriver) as visit:
        await visit.open(home)
        yield visit
        elsewhere = [url for url in await visit.requested() if not url.startswith(f"{home}/")]
        assert elsewhere == []
        assert await visit.complaints() == []


async def test_the_first_visit_shows_the_examples(visit: Visit, gateway: RunningGateway) -> None:
    """In tabs, with variables, and a place for headers."""
    assert await visit.url() == f"{gateway.client.base_url}/graphql"
    assert await visit.title() == "Signal Gateway"
    assert await visit.texts(".graphiql-tab") == _TABS
    await visit.text(".graphiql-editor-tool", containing='"last": 250')
    await visit.click(".graphiql-editor-tools button", containing="Headers")
    await visit.click(".graphiql-editor-tool .graphiql-editor:not(.hidden)")
    await visit.press(*'{"Authorization": "Bearer token"')
    await visit.text(".graphiql-editor-tool", containing="Bearer token")


async def test_a_field_is_completed_while_it_is_typed(visit: Visit) -> None:
    """From the schema, with its description beside it."""
    await visit.click(".graphiql-query-editor .view-line", containing="timestamp")
    await visit.press(Keys.END, Keys.ENTER)
    await visit.press(*"volu")
    await visit.text(".suggest-widget.visible .monaco-list-row", containing="volume")
    await visit.press(Keys.ENTER)
    await visit.text(".graphiql-query-editor .view-line", containing="volume")


async def test_the_chart_runs_and_shows_its_result(visit: Visit, pool: Pool) -> None:
    """As it stands, against the simulated market."""
    await store_simulated_market(pool, now=int(time.time()))
    await visit.click(".graphiql-execute-button")
    answer = await visit.text(".graphiql-response", containing='"timestamp"')
    assert '"source": "SIMULATED"' in answer
    assert "errors" not in answer


async def test_the_live_tab_shows_prices_as_they_change(visit: Visit, gateway: RunningGateway, pool: Pool) -> None:
    """Over the gateway's own WebSocket: the state, then two prices that somebody publishes."""
    for symbol in ("NOVA", "ZEDQUA", "QUBZUSD"):
        await instrument(pool, symbol)
    await visit.click(".graphiql-tab button", containing="Live")
    await visit.text(".graphiql-query-editor", containing="subscription Live")
    await visit.click(".graphiql-execute-button")
    await visit.text(".graphiql-response", containing='"quotes": []')
    for number, (symbol, price) in enumerate((("NOVA", 182.25), ("ZEDQUA", 12.75))):
        published = await gateway.data(
            "mutation ($items: [PublishedQuote!]!) { publishQuotes(input: {items: $items}) { stored } }",
            items=[{"symbol": symbol, "price": price, "asOf": f"2026-01-05T00:00:0{number}Z"}],
        )
        assert published == {"publishQuotes": {"stored": 1}}
        answer = await visit.text(".graphiql-response", containing=f'"price": {price}')
        assert f'"symbol": "{symbol}"' in answer


async def test_signals_and_opportunities_come_as_they_are_stored(
    visit: Visit, gateway: RunningGateway, pool: Pool
) -> None:
    """Nothing at first, then what a producer says; and from then on what that makes of the ranking."""
    await instrument(pool, "NOVA")
    await visit.click(".graphiql-tab button", containing="LiveSignals")
    await visit.text(".graphiql-query-editor", containing="subscription LiveSignals")
    await visit.click(".graphiql-execute-button")
    await visit.text(".graphiql-response", containing='"signals": []')
    now = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    signal = {
        "symbol": "NOVA",
        "interval": "H1",
        "barTime": (now - timedelta(hours=1)).isoformat(),
        "direction": "BUY",
        "strength": "STRONG",
        "score": 0.625,
        "agreement": 0.75,
        "price": 100.0,
        "validUntil": (now + timedelta(hours=5)).isoformat(),
        "rationale": "Two of three averages rise.",
    }
    published = await gateway.data(
        "mutation ($items: [PublishedSignal!]!)"
        ' { publishSignals(input: {producer: "desk", items: $items}) { stored } }',
        items=[signal, signal | {"interval": "M5", "barTime": (now - timedelta(minutes=10)).isoformat()}],
    )
    assert published == {"publishSignals": {"stored": 2}}
    await visit.text(".graphiql-response", containing='"score": 0.625')
    await visit.click(".graphiql-tab button", containing="Opportunities")
    await visit.text(".graphiql-query-editor", containing="subscription Opportunities")
    await visit.click(".graphiql-execute-button")
    answer = await visit.text(".graphiql-response", containing='"rank": 1')
    assert "STRONG: a score of 0.62" in answer


async def test_a_mistake_is_underlined_before_it_is_sent(visit: Visit) -> None:
    """The worker that validates runs under the policy."""
    await visit.click(".graphiql-query-editor .view-line", containing="timestamp")
    await visit.press(*"ish")
    await visit.text(".graphiql-query-editor .squiggly-error", containing="")


async def test_the_documentation_shows_the_descriptions(visit: Visit) -> None:
    """Of types, of fields and of arguments."""
    await visit.click("[aria-label='Show Documentation Explorer']")
    await visit.click(".graphiql-doc-explorer a", containing="Query")
    await visit.text(".graphiql-doc-explorer", containing="Everything that can be asked for.")
    await visit.click(".graphiql-doc-explorer a", containing="candles")
    await visit.text(".graphiql-doc-explorer", containing="A window of bars: the newest")


async def test_the_explorer_makes_queries_by_clicking(visit: Visit) -> None:
    """A field that is ticked comes into the operation."""
    await visit.click("[aria-label='Show GraphiQL Explorer']")
    await visit.click(".graphiql-explorer-root .graphiql-explorer-field-view", containing="quotes")
    await visit.text(".graphiql-query-editor .view-lines", containing="quotes")


async def test_a_later_visit_finds_the_tabs_as_they_were(visit: Visit, gateway: RunningGateway) -> None:
    """Whether something was typed or not; the examples do not come again."""
    await visit.open(f"{gateway.client.base_url}/graphql")
    assert await visit.texts(".graphiql-tab") == _TABS
    await visit.click(".graphiql-editor-tool .view-line", containing='"last"')
    await visit.press(Keys.END, *"99")
    await visit.stored(containing="25099")
    await visit.open(f"{gateway.client.base_url}/graphql")
    await visit.text(".graphiql-editor-tool", containing="25099")
    assert await visit.texts(".graphiql-tab") == _TABS
