"""Operations that a client names instead of sending: automatic persisted queries, and trusted documents."""

import re
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, Protocol

import orjson

from gateway.setting import SettingsError
from schema.errors import RequestError

_HASH: Final = re.compile(r"[0-9a-f]{64}")
_RENEWED_SECONDS: Final = 3600.0
_FORMAT: Final = "apollo-persisted-query-manifest"


class TextStore(Protocol):
    """Texts that all processes share. It may forget any of them at any time, and never fails."""

    async def get(self, key: str) -> str | None:
        """The text stored under *key*, if it is still there."""

    async def set(self, key: str, text: str) -> None:
        """Keeps *text* for a while."""


class PersistedOperations:
    """
    The texts of operations by what a request says of them.

    A hash with its text is remembered, once the text is known to be good; the hash alone finds it again, in every
    process. Trusted documents have the ids of their manifest, and are found whether or not Redis is there.

    Args:
        store: Where texts are kept for all processes.
        valid: Whether a text may be executed; what may not is not kept.
        trusted: Trusted documents by id.
        trusted_only: Whether everything else is refused.
        max_bytes: Longest text that is kept.
        size: Most texts that this process keeps, so that Redis is rarely asked.
        characters: Most characters of these texts together.
        clock: Seconds that only grow.
    """

    def __init__(
        self,
        store: TextStore,
        *,
        valid: Callable[[str], bool],
        trusted: Mapping[str, str] | None = None,
        trusted_only: bool = False,
        max_bytes: int = 100_000,
        size: int = 1000,
        characters: int = 2_000_000,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = store
        self._valid = valid
        self._trusted = dict(trusted or {})
        self._trusted_texts = frozenset(self._trusted.values())
        self._trusted_only = trusted_only
        self._max_bytes = max_bytes
        self._size = size
        self._recent: OrderedDict[str, str] = OrderedDict()
        self._most_characters = characters
        self._characters = 0
        self._touched: dict[str, float] = {}
        self._clock = clock

    async def text_of(
        self, query: str | None, extensions: Mapping[str, Any] | None = None, document_id: str | None = None
    ) -> str:
        """
        The text to execute.

        Args:
            query: The text, where the client sent it.
            extensions: The request's extensions; `persistedQuery` holds version 1 and a hash, or an id.
            document_id: The `documentId` of GraphQL over HTTP, or Apollo's `id`; a hash has the prefix ``sha256:``
                or none.

        Raises:
            RequestError: If there is neither a text nor an id, if nothing is known of the id, if it is not that of
                the text, or if only trusted documents are executed and this is none.
        """
        id_ = _hash_of(extensions) if document_id is None else document_id.removeprefix("sha256:")
        if not id_:
            return self._sent(query)
        trusted = self._trusted.get(id_)
        if trusted is not None:
            if query and query != trusted:
                raise _mismatch()
            return trusted
        if self._trusted_only:
            # The text may be trusted under another id; a hash alone must not make the client send it again.
            return self._sent(query)
        return await self._registered(id_, query) if query else await self._found(id_)

    def _sent(self, query: str | None) -> str:
        if self._trusted_only and (not query or query not in self._trusted_texts):
            raise RequestError(
                "only trusted documents are executed here, and this is none", code="DOCUMENT_NOT_TRUSTED"
            )
        if not query:
            raise RequestError("a query, or the id of one, was expected, found neither", code="BAD_REQUEST")
        return query

    async def _registered(self, id_: str, query: str) -> str:
        encoded = query.encode("utf-8", "surrogatepass")
        if sha256(encoded).hexdigest() != id_:
            raise _mismatch()
        if len(encoded) <= self._max_bytes and self._valid(query):
            self._remember(id_, query)
            # Again even where this process knows it: the client was told that somebody does not.
            await self._store.set(id_, query)
        return query

    async def _found(self, id_: str) -> str:
        text = self._recent.get(id_)
        if text is not None and self._clock() - self._touched[id_] > _RENEWED_SECONDS:
            # Its life in the store counts from its last use, which this process would hide.
            await self._store.set(id_, text)
        elif text is not None:
            return text
        elif _HASH.fullmatch(id_):
            text = await self._store.get(id_)
            # What others can write to is believed only as far as it can be checked.
            if text is not None and sha256(text.encode()).hexdigest() != id_:
                text = None
        if text is None:
            raise RequestError("PersistedQueryNotFound", code="PERSISTED_QUERY_NOT_FOUND")
        self._remember(id_, text)
        return text

    def _remember(self, id_: str, text: str) -> None:
        self._characters += len(text) - len(self._recent.get(id_, ""))
        self._recent[id_] = text
        self._recent.move_to_end(id_)
        self._touched[id_] = self._clock()
        while len(self._recent) > self._size or self._characters > self._most_characters:
            gone, gone_text = self._recent.popitem(last=False)
            self._characters -= len(gone_text)
            del self._touched[gone]


def trusted_documents(path: Path) -> dict[str, str]:
    """
    The texts of a manifest as Apollo's ``generate-persisted-query-manifest`` writes it, by id.

    Raises:
        SettingsError: If the file cannot be read, or is no such manifest.
    """
    try:
        manifest = orjson.loads(path.read_bytes())
    except OSError as error:
        raise _bad(path, f"cannot be read: {error.strerror}") from error
    except orjson.JSONDecodeError as error:
        raise _bad(path, f"is not JSON: {error}") from error
    if not isinstance(manifest, dict) or manifest.get("format") != _FORMAT:
        raise _bad(path, f'is no manifest: "format": "{_FORMAT}" was expected')
    if manifest.get("version") != 1 or isinstance(manifest["version"], bool):
        raise _bad(path, f"must have version 1, was {manifest.get('version')!r}")
    operations = manifest.get("operations")
    if not isinstance(operations, list):
        raise _bad(path, "must have a list of operations")
    texts: dict[str, str] = {}
    for number, one in enumerate(operations):
        id_, body = (one.get("id"), one.get("body")) if isinstance(one, dict) else (None, None)
        if not isinstance(id_, str) or not isinstance(body, str) or not id_ or not body:
            raise _bad(path, f"must give operations[{number}] an id and a body")
        if texts.setdefault(id_, body) != body:
            raise _bad(path, f"has two bodies with the id {id_!r}")
    return texts


def _bad(path: Path, what: str) -> SettingsError:
    return SettingsError(f"GATEWAY_TRUSTED_DOCUMENTS: {path} {what}")


def _mismatch() -> RequestError:
    return RequestError("provided sha does not match query", code="PERSISTED_QUERY_MISMATCH")


def _hash_of(extensions: Mapping[str, Any] | None) -> str | None:
    """The hash or id in a request's extensions; None where they name none."""
    asked = (extensions or {}).get("persistedQuery")
    if asked is None:
        return None
    if not isinstance(asked, Mapping) or asked.get("version") != 1 or isinstance(asked["version"], bool):
        raise RequestError("PersistedQueryNotSupported", code="PERSISTED_QUERY_NOT_SUPPORTED")
    id_ = asked.get("sha256Hash")
    if not isinstance(id_, str) or not id_:
        found = "nothing" if id_ is None else repr(id_)[:80]
        raise RequestError(f"persistedQuery.sha256Hash must be a hash, was {found}", code="BAD_REQUEST")
    return id_
