"""A text that was seen before is neither parsed nor validated again."""

from strawberry.extensions import ParserCache, ValidationCache

from schema.build import KNOWN_DOCUMENTS
from tests.servers import RunningGateway


def _hits() -> tuple[int, int]:
    parsed = ParserCache(KNOWN_DOCUMENTS).cached_parse_document.cache_info()  # type: ignore[attr-defined]
    validated = ValidationCache(KNOWN_DOCUMENTS).cached_validate_document.cache_info()  # type: ignore[attr-defined]
    return parsed.hits, validated.hits


async def test_a_known_text_is_not_read_again(gateway: RunningGateway) -> None:
    """Whatever its variables are."""
    query = "query ($symbol: String!) { quotes(symbols: [$symbol]) { price } }"
    await gateway.answer(query, symbol="ACME")
    parsed, validated = _hits()
    await gateway.answer(query, symbol="OTHER")
    assert _hits() == (parsed + 1, validated + 1)


async def test_a_wrong_text_is_wrong_again(gateway: RunningGateway) -> None:
    """With the same code, place and words."""
    for query in ("{ nonsense }", "{ quotes("):
        assert await gateway.answer(query) == await gateway.answer(query)
