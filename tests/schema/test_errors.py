"""Errors as clients see them: coded, and without a word that we did not write."""

import logging

import pytest
from graphql import GraphQLError, GraphQLSyntaxError, Source

from resolvers.errors import BadInput, Conflict, GatewayError, NotFound, TooLarge, Unavailable
from resolvers.storage.pool import Pool
from schema.errors import MASKED, client_error
from tests.bars import instrument
from tests.schema.conftest import Market
from tests.servers import RunningGateway


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (BadInput, "BAD_INPUT"),
        (TooLarge, "TOO_LARGE"),
        (NotFound, "NOT_FOUND"),
        (Conflict, "CONFLICT"),
        (Unavailable, "UNAVAILABLE"),
    ],
)
def test_our_errors_keep_their_text_and_get_their_code(kind: type[GatewayError], code: str) -> None:
    """And their path."""
    shown = client_error(GraphQLError("expected, found", path=["a", 0], original_error=kind("expected, found")))
    assert (shown.message, shown.path, shown.extensions) == ("expected, found", ["a", 0], {"code": code})


def test_the_library_s_errors_get_a_code_unless_they_have_one() -> None:
    """Syntax, validation, and an extension's own."""
    assert client_error(GraphQLSyntaxError(Source("{"), 1, "x")).extensions == {"code": "SYNTAX_ERROR"}
    assert client_error(GraphQLError("x")).extensions == {"code": "INVALID_OPERATION"}
    assert client_error(GraphQLError("x", original_error=GraphQLError("y"))).extensions == {"code": "INVALID_OPERATION"}
    assert client_error(GraphQLError("x", extensions={"code": "OWN", "a": 1})).extensions == {"code": "OWN", "a": 1}


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("{", "SYNTAX_ERROR"),
        ("\0", "SYNTAX_ERROR"),
        ('{ instrument(symbol: "\\ud800") { symbol } }', "SYNTAX_ERROR"),
        ("{ quotes(symbols: " + "[" * 5_000 + "]" * 5_000 + ") { price } }", "LIMIT_EXCEEDED"),
        ("{ nope }", "INVALID_OPERATION"),
        ("{ instrument { symbol } }", "INVALID_OPERATION"),
        ("{ instrument(symbol: 5) { symbol } }", "INVALID_OPERATION"),
        ("{ quotes(symbols: null) { price } }", "INVALID_OPERATION"),
        ('{ candles(symbol: "ACME", interval: X9) { count } }', "INVALID_OPERATION"),
        ('{ candles(symbol: "ACME", last: 99999999999999999999) { count } }', "INVALID_OPERATION"),
        ("mutation { a }", "INVALID_OPERATION"),
        ("subscription { a }", "INVALID_OPERATION"),
        ("{ ...A } fragment A on Query { ...A }", "INVALID_OPERATION"),
        ("query ($a: Int!) { instruments(first: $a) { totalCount } }", "INVALID_OPERATION"),
    ],
    ids=lambda text: text[:30],
)
async def test_a_wrong_document_is_one_coded_error(query: str, code: str, market: Market) -> None:
    """Nothing is executed, and nothing is logged as ours."""
    assert (await market.gateway.error(query))[0] == code


@pytest.mark.parametrize(
    ("declared", "value"),
    [("Int!", 1.5), ("Int!", "5"), ("Int!", 2**31), ("Int!", 1e300), ("Int!", None), ("Int!", True)],
)
async def test_a_variable_of_another_type_is_one_coded_error(declared: str, value: object, market: Market) -> None:
    """Told with its name and what was found."""
    code, _, message = await market.gateway.error(
        f"query ($first: {declared}) {{ instruments(first: $first) {{ totalCount }} }}", first=value
    )
    assert code == "INVALID_OPERATION"
    assert "$first" in message


async def test_an_unforeseen_error_is_masked_and_logged_once(
    gateway: RunningGateway, pool: Pool, caplog: pytest.LogCaptureFixture
) -> None:
    """No text of it reaches the client; the log has it once, with the path and the traceback; siblings are answered."""
    await instrument(pool)
    await pool.execute("DROP TABLE quotes")
    with caplog.at_level(logging.WARNING):
        answer = await gateway.answer('{ instrument(symbol: "ACME") { symbol quote { price } } __typename }')
    assert answer["data"] == {"instrument": {"symbol": "ACME", "quote": None}, "__typename": "Query"}
    (error,) = answer["errors"]
    request_id = error["extensions"].pop("requestId")
    assert error == {
        "message": MASKED,
        "path": ["instrument", "quote"],
        "locations": [{"line": 1, "column": 39}],
        "extensions": {"code": "INTERNAL"},
    }
    (record,) = [one for one in caplog.records if one.levelno >= logging.WARNING]
    assert record.name == "gateway.errors"
    assert record.exc_info is not None
    assert 'relation "quotes" does not exist' in str(record.exc_info[1])
    assert record.getMessage() == f"unforeseen error at ['instrument', 'quote'] of request {request_id}"


async def test_an_error_that_a_client_caused_is_not_logged(market: Market, caplog: pytest.LogCaptureFixture) -> None:
    """Otherwise anybody could fill the log."""
    with caplog.at_level(logging.DEBUG, logger="gateway"), caplog.at_level(logging.WARNING):
        await market.gateway.error('{ instrument(symbol: "ZZZZ") { symbol } }')
        await market.gateway.error("{")
        await market.gateway.error("{ nope }")
    assert [one for one in caplog.records if one.levelno >= logging.WARNING or one.name.startswith("gateway")] == []
