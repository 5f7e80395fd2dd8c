"""Which pages may open a WebSocket."""

import pytest

from gateway.endpoint.origins import is_allowed


@pytest.mark.parametrize(
    ("origin", "host", "expected"),
    [
        (None, "example.com", True),
        ("https://example.com", "example.com", True),
        ("http://example.com", "example.com", True),
        ("https://example.com", "example.com:443", True),
        ("https://example.com:443", "example.com", True),
        ("http://localhost:8000", "localhost:8000", True),
        ("http://[::1]:8000", "[::1]:8000", True),
        ("https://EXAMPLE.com", "example.com", True),
        ("https://example.com", "example.com:8443", False),
        ("http://localhost:3000", "localhost:8000", False),
        ("https://example.com.evil.example", "example.com", False),
        ("https://evil.example", "example.com", False),
        ("null", "example.com", False),
        ("", "", False),
        ("null", "", False),
        ("https://example.com:x", "example.com", False),
        ("https://[", "example.com", False),
    ],
)
def test_own_pages_and_clients_without_a_page_may_connect(origin: str | None, host: str, expected: bool) -> None:
    """Compared by host and port, because what is in front of the gateway may have taken TLS off."""
    assert is_allowed(origin, host, frozenset()) is expected


def test_other_origins_are_allowed_by_name() -> None:
    """Exactly as they are written, or all of them."""
    allowed = frozenset({"https://a.example"})
    assert is_allowed("https://a.example", "example.com", allowed)
    assert not is_allowed("http://a.example", "example.com", allowed)
    assert not is_allowed("https://b.a.example", "example.com", allowed)
    assert is_allowed("null", "example.com", frozenset({"*"}))
