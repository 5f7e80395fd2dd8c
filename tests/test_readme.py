"""The examples of the README give what they say."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from gateway.feeds.simulated_store import store_simulated_market
from resolvers.storage.pool import Pool
from tests.servers import RunningGateway

ROOT = Path(__file__).resolve().parents[1]
DAY_OF_WRITING = 1_795_132_800  # 2026-11-20


def _block(language: str) -> str:
    found = re.search(rf"```{language}\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    assert found is not None
    return found[1]


def _approximate(value: Any) -> Any:
    """Numbers to nine digits: another processor may round the last ones otherwise."""
    if isinstance(value, dict):
        return {name: _approximate(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_approximate(one) for one in value]
    return pytest.approx(value, rel=1e-9) if isinstance(value, float) else value


@pytest.mark.parametrize("weeks_later", [0, 26])
async def test_the_query_has_the_answer_that_is_shown(gateway: RunningGateway, pool: Pool, weeks_later: int) -> None:
    """Whenever the simulated market was made."""
    await store_simulated_market(pool, now=DAY_OF_WRITING + weeks_later * 7 * 86_400)
    answer = await gateway.answer(_block("graphql"))
    assert answer == _approximate(json.loads(_block("json")))


def test_every_link_of_the_documents_leads_somewhere() -> None:
    """Relative links of the README and of docs/."""
    broken = [
        f"{page.relative_to(ROOT)}: {link}"
        for page in [ROOT / "README.md", ROOT / "loadtests" / "README.md", *(ROOT / "docs").rglob("*.md")]
        for link in re.findall(r"\]\(([^)#:]+)\)", page.read_text())
        if not (page.parent / link).exists()
    ]
    assert broken == []
