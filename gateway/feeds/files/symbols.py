"""Symbols of instruments as files write them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gateway.feeds.files.texts import shown
from resolvers.errors import BadInput
from resolvers.model.bars import IntArray

_SYMBOL = re.compile(r"[A-Z0-9./_^=:-]{1,32}", re.ASCII | re.IGNORECASE)
_RULE = "a symbol has 1 to 32 characters of A-Z 0-9 . - / _ ^ = :"


def symbol_named(text: str) -> str:
    """
    The symbol *text* in upper case.

    Raises:
        BadInput: If it cannot be a symbol.
    """
    # Before upper(), which makes the letters SS of a sharp s.
    if not _SYMBOL.fullmatch(text.strip()):
        raise BadInput(f"{_RULE}, was {shown(text)}")
    return text.strip().upper()


@dataclass(frozen=True, kw_only=True, slots=True)
class Symbols:
    """
    The symbols that texts name.

    Attributes:
        names: Distinct symbols, sorted.
        number: Position in *names* for each text; of no meaning where there is a fault.
        faults: Why a text names none, by position.
    """

    names: Sequence[str]
    number: IntArray
    faults: dict[int, str]


def read_symbols(texts: Sequence[str], asked: str | None) -> Symbols:
    """
    The symbols in *texts*, which are all distinct cells of a symbol column; empty cells mean *asked*, if given.

    Raises:
        BadInput: If a cell names another symbol than *asked*.
    """
    named: dict[int, str] = {}
    faults: dict[int, str] = {}
    for position, text in enumerate(texts):
        if asked is not None and text.strip().upper() not in ("", asked):
            raise BadInput(f"--symbol {asked} must agree with the file's symbol column, which has {shown(text)}")
        try:
            named[position] = asked or symbol_named(text)
        except BadInput as error:
            faults[position] = str(error) if text.strip() else "symbol must be given, was missing"
    names = sorted(set(named.values()))
    places = {name: place for place, name in enumerate(names)}
    number = np.array([places[named[position]] if position in named else 0 for position in range(len(texts))], np.int64)
    return Symbols(names=names, number=number, faults=faults)
