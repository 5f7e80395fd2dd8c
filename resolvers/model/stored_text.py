"""Which texts can be stored, and so looked for."""


def is_storable(text: str) -> bool:
    """Whether *text* can be part of a stored one: PostgreSQL holds neither NUL nor half of a surrogate pair."""
    return "\0" not in text and not any("\ud800" <= character <= "\udfff" for character in text)
