"""A URL as it may be shown."""


def hidden(url: str) -> str:
    """
    *url* without its password, also where that, or a key of an API, stands in the query.

    It is not parsed as a URL: one that is wrong, say by an unescaped ``#`` in its password, must not show it either.
    """
    scheme, separator, rest = url.partition("://")
    if not separator:
        return "…"
    login, at, place = rest.rpartition("@")
    # An "@" further on may belong to a password in the query, or the password may hold what ends a login.
    if any(mark in login for mark in "?/#"):
        return f"{scheme}://…"
    if at:
        user, colon, _ = login.partition(":")
        login = f"{user}:…" if colon else user
    place, mark, query = place.partition("?")
    secret = ("pass", "key", "token", "secret", "auth")
    pairs = [
        f"{pair.partition('=')[0]}=…" if any(word in pair.lower() for word in secret) else pair
        for pair in query.split("&")
    ]
    return f"{scheme}://{login}{at}{place}{mark}{'&'.join(pairs)}"
