"""Which of two media types a client would rather have."""


def prefers(accept: str, one: str, other: str) -> bool:
    """Whether a header *accept* gives *one* a higher quality than *other*; both are media types in lower case."""
    return _quality(accept, one) > _quality(accept, other)


def _quality(accept: str, media_type: str) -> float:
    """
    From 0, unacceptable, to 1; the most specific range that matches decides.

    Source:
        RFC 9110, section 12.5.1.
    """
    ranges = {media_type: 2, f"{media_type.partition('/')[0]}/*": 1, "*/*": 0}
    matching = [(ranges[name], quality) for name, quality in _ranges(accept) if name in ranges]
    return max(matching, default=(0, 0.0))[1]


def _ranges(accept: str) -> list[tuple[str, float]]:
    """The ranges of a header with their qualities; a quality that is no number counts as 0."""
    found = []
    for text in accept.split(","):
        name, *parameters = (part.strip().lower() for part in text.split(";"))
        quality = next((value for key, _, value in (one.partition("=") for one in parameters) if key == "q"), "1")
        found.append((name, float(quality) if quality.replace(".", "", 1).isdecimal() else 0.0))
    return found
