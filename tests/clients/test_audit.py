"""The audits of the npm package graphql-http, which its authors keep beside the specification."""

import pytest

from tests.clients.node import node_json
from tests.servers import RunningGateway

AUDITS = 61


@pytest.mark.usefixtures("packages")
async def test_every_audit_is_ok(market: RunningGateway) -> None:
    """Also those that are recommendations."""
    results = await node_json("audit.mjs", f"{market.client.base_url}/graphql")
    assert [one for one in results if one["status"] != "ok"] == []
    assert len(results) == AUDITS
