"""GraphQL over HTTP: bodies and parameters, right and odd, and never a 500."""

from typing import Any

import pytest

from tests.servers import RunningGateway

_JSON = {"content-type": "application/json"}
_WRONG_BODIES = [
    b"",
    b"5",
    b"null",
    b'"x"',
    b"true",
    b"[]",
    b"{",
    b"\xff\xfe",
    b"\0",
    b"[" * 100_000,
    b'{"a":' * 100_000,
    b'{"query": "{ __typename }", "variables": ' + b'{"a":' * 3_000 + b"1" + b"}" * 3_000 + b"}",
    b'{"query": "{ __typename }", "variables": {"a": NaN}}',
    b'{"query": "{ __typename }", "variables": {"a": "\\ud800"}}',
    b'{"query": "{ __typename }", "variables": {"a": 1' + b"0" * 400 + b"}}",
    b'{"query": "{ __typename }", "variables": [1]}',
    b'{"query": "{ __typename }", "variables": "x"}',
    b'{"query": "{ __typename }", "variables": 5}',
    b'{"query": "{ __typename }", "extensions": 5}',
    b'{"query": "{ __typename }", "operationName": 5}',
    b'{"query": 5}',
    b'{"query": null}',
    b'{"query": ["a"]}',
    b'{"query": ""}',
    b"{}",
]


async def test_a_query_is_answered_by_post_and_by_get(gateway: RunningGateway) -> None:
    """With variables, and with the name of one of several operations."""
    query = "query A($first: Int!) { instruments(first: $first) { totalCount } } query B { __typename }"
    posted = await gateway.client.post(
        "/graphql", json={"query": query, "variables": {"first": 1}, "operationName": "A"}
    )
    got = await gateway.client.get(
        "/graphql", params={"query": query, "variables": '{"first": 1}', "operationName": "A"}
    )
    assert posted.json() == got.json() == {"data": {"instruments": {"totalCount": 0}}}
    assert posted.headers["content-type"] == "application/json; charset=utf-8"


async def test_a_body_that_cannot_be_right_is_the_client_s_mistake(gateway: RunningGateway) -> None:
    """Status 400 in words; the connection stays good for the next request."""
    for body in _WRONG_BODIES:
        answer = await gateway.client.post("/graphql", content=body, headers=_JSON)
        assert answer.status_code == 400, body[:50]
        assert 0 < len(answer.text) < 200
        assert await gateway.data("{ __typename }") == {"__typename": "Query"}


@pytest.mark.parametrize(
    "parameters",
    [
        {"query": "{ __typename }", "variables": "{"},
        {"query": "{ __typename }", "variables": "[]"},
        {"query": "{ __typename }", "variables": "5"},
        {"query": "{ __typename }", "extensions": "x"},
        {"query": ""},
    ],
    ids=str,
)
async def test_parameters_that_cannot_be_right_are_the_client_s_mistake(
    parameters: dict[str, str], gateway: RunningGateway
) -> None:
    """As in a body; and a GET changes nothing."""
    answer = await gateway.client.get("/graphql", params=parameters, headers={"accept": "application/json"})
    assert answer.status_code == 400
    assert "Traceback" not in answer.text


@pytest.mark.parametrize("variables", [{}, None, {"unknown": 1}])
async def test_variables_may_be_absent_empty_or_too_many(variables: Any, gateway: RunningGateway) -> None:
    """As the specification has it."""
    answer = await gateway.client.post("/graphql", json={"query": "{ __typename }", "variables": variables})
    assert answer.json() == {"data": {"__typename": "Query"}}


async def test_what_is_too_large_is_refused_by_name(gateway: RunningGateway) -> None:
    """Ten megabytes of comment, a document of half a megabyte, and two thousand aliases."""
    answer = await gateway.client.post("/graphql", json={"query": "{ __typename #" + "x" * 10_000_000 + "\n}"})
    assert (answer.status_code, answer.json()["errors"][0]["extensions"]["code"]) == (413, "BODY_TOO_LARGE")
    aliases = " ".join(f"a{number}: __typename" for number in range(2_000))
    for text, limit in (("{ __typename #" + "x" * 500_000 + "\n}", "max_document_bytes"), (f"{{ {aliases} }}", "max_")):
        (error,) = (await gateway.answer(text))["errors"]
        assert error["extensions"]["code"] == "LIMIT_EXCEEDED"
        assert error["extensions"]["limit"].startswith(limit)
        assert f"the limit {error['extensions']['limit']} is" in error["message"]


async def test_people_get_a_page_to_explore(gateway: RunningGateway) -> None:
    """A browser that opens the address is led to GraphiQL."""
    answer = await gateway.client.get("/", headers={"accept": "text/html"}, follow_redirects=True)
    assert answer.url.path == "/graphql"
    assert answer.status_code == 200
    assert "<title>Signal Gateway</title>" in answer.text
