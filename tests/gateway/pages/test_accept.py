"""Which of two media types a header prefers."""

import pytest

from gateway.pages.accept import prefers


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
