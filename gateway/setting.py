"""One setting: how it is described, which variable it has, and what its text may be."""

from collections.abc import Callable, Mapping
from dataclasses import Field, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from gateway.hidden_url import hidden


class SettingsError(Exception):
    """A variable of the environment that cannot be right; says which, what was expected and what was found."""


def setting(
    default: Any,
    meaning: str,
    *,
    unit: str = "",
    least: float | None = None,
    schemes: tuple[str, ...] = (),
    secret: bool = False,
) -> Any:
    """A field; one with *schemes* is a URL that begins with one of them, and a secret in part, others may be whole."""
    metadata = {"meaning": meaning, "unit": unit, "least": least, "schemes": schemes, "secret": secret}
    return field(default=default, repr=not secret, metadata=metadata)


def variable_of(one: "Field[Any]") -> str:
    """The environment variable of a field of `Settings`."""
    return f"GATEWAY_{one.name.upper()}"


def _is_shard(text: str) -> bool:
    number, _, of = text.partition("/")
    return number.isdecimal() and of.isdecimal() and int(number) < int(of) <= 1_000


# Signals that hold for longer say nothing of their bar any more.
_MOST_HORIZON_BARS = 250
_INTERVALS = ("M1", "M5", "M15", "M30", "H1", "H4", "D1", "W1")


def _are_intervals(text: str) -> bool:
    names = [one.strip().upper() for one in text.split(",")]
    return all(one in _INTERVALS for one in names) and len(set(names)) == len(names)


_CHECKS: Mapping[str, tuple[Callable[[Any], bool], str]] = {
    "engine": (lambda text: text in ("auto", "on", "off"), "auto, on or off"),
    "engine_horizon_bars": (lambda bars: bars <= _MOST_HORIZON_BARS, f"at most {_MOST_HORIZON_BARS}"),
    "engine_intervals": (_are_intervals, f"some of {','.join(_INTERVALS)}"),
    "engine_shard": (_is_shard, "like 0/3, the first number below the second"),
}


def _boolean(text: str) -> bool:
    return {"true": True, "false": False}[text.lower()]


def parsed(one: "Field[Any]", text: str) -> Any:
    """
    The value of a setting, from the text of its variable.

    Raises:
        SettingsError: If it cannot be right.
    """
    variable, least = variable_of(one), one.metadata["least"]
    parsers: dict[Any, tuple[Callable[[str], Any], str]] = {
        int: (int, "a whole number"),
        float: (float, "a number"),
        bool: (_boolean, "true or false"),
        Path | None: (lambda path: Path(path).expanduser(), "a path"),
    }
    parse, expected = parsers.get(one.type, (str, "text"))
    try:
        value = parse(text.strip())
        if least is not None and not least <= value < float("inf"):
            raise ValueError
    except (ValueError, KeyError):
        bound = "" if least is None else f" of at least {least}"
        raise SettingsError(f"{variable} must be {expected}{bound}, was {text!r}") from None
    if one.metadata["schemes"]:
        _check_url(variable, value, one.metadata["schemes"])
    if one.name == "port" and value > 65_535:
        raise SettingsError(f"{variable} must be at most 65535, was {text!r}")
    if one.name in _CHECKS:
        check, expected = _CHECKS[one.name]
        if not check(value):
            raise SettingsError(f"{variable} must be {expected}, was {text!r}")
    if one.name == "log_level":
        value = value.upper()
        if value not in ("DEBUG", "INFO", "WARNING", "ERROR"):
            raise SettingsError(f"{variable} must be DEBUG, INFO, WARNING or ERROR, was {text!r}")
    return value


def _check_url(variable: str, url: str, schemes: tuple[str, ...]) -> None:
    expected = " or ".join(f"{scheme}://" for scheme in schemes)
    if url.partition("://")[0] not in schemes or "://" not in url:
        raise SettingsError(f"{variable} must begin with {expected}, was {hidden(url)!r}")
    try:
        # The property checks itself; a list of hosts, which PostgreSQL takes, is beyond it.
        _ = "," in url or urlsplit(url).port
    except ValueError:
        raise SettingsError(
            f"{variable} must be a URL with special characters of its password escaped, was {hidden(url)!r}"
        ) from None
