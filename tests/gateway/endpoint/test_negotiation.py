"""Media types."""

import pytest

from gateway.endpoint.negotiation import JSON, RESPONSE_JSON, media_type, prefers, response_type

URQL = (
    "application/graphql-response+json, application/graphql+json, application/json, text/event-stream, multipart/mixed"
)


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        (None, JSON),
        ("", JSON),
        ("*/*", JSON),
        ("application/*", JSON),
        (JSON, JSON),
        ("APPLICATION/JSON", JSON),
        (RESPONSE_JSON, RESPONSE_JSON),
        (f"{RESPONSE_JSON}; charset=utf-8", RESPONSE_JSON),
        (f"{RESPONSE_JSON}, {JSON}", RESPONSE_JSON),
        (f"{RESPONSE_JSON};q=0.5, {JSON}", JSON),
        (f"{JSON};q=0.5, {RESPONSE_JSON};q=0.6", RESPONSE_JSON),
        (f"{RESPONSE_JSON}, */*;q=0.1", RESPONSE_JSON),
        (f"{RESPONSE_JSON};q=0, */*", JSON),
        ("text/html, */*;q=0.8", JSON),
        (URQL, RESPONSE_JSON),
        ("text/html", None),
        (f"{JSON};q=0", None),
        (f"{JSON};q=0, */*", RESPONSE_JSON),
        ("application/jsonp", None),
        ("*/*;q=high", None),
    ],
)
def test_the_answer_is_what_the_client_wants_most(accept: str | None, expected: str | None) -> None:
    """By quality; the type that is named most closely says the quality."""
    assert response_type(accept) == expected


def test_a_media_type_is_compared_without_regard_to_case() -> None:
    """Types, names of parameters and charsets."""
    assert media_type('Application/JSON; Charset="UTF-8"') == (JSON, {"charset": "utf-8"})


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", True),
        ("text/html", True),
        ("TEXT/HTML ; Q=0.3", True),
        ("text/*;q=0.9, */*;q=0.1", True),
        ("application/json;q=0.5, text/html;q=0.6", True),
        ("text/html;q=0.5, application/json", False),
        ("text/html, application/json", False),
        ("text/html;q=0, */*", False),
        ("text/html;q=much", False),
        ("application/graphql-response+json, application/json;q=0.9", False),
        ("*/*", False),
        ("", False),
    ],
)
def test_html_is_preferred_only_where_the_header_says_so(accept: str, expected: bool) -> None:
    """Qualities count, the most specific range decides, and a tie is no preference."""
    assert prefers(accept, "text/html", "application/json") is expected
