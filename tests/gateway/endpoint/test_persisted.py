"""Automatic persisted queries on a real Redis, with and without it, and trusted documents."""

from collections.abc import AsyncIterator
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import uuid4

import orjson
import pytest
import redis.asyncio as redis
from graphql import build_schema

from gateway.config import Settings
from gateway.embedded import embedded_servers
from gateway.endpoint.documents import Documents
from gateway.endpoint.persisted import PersistedOperations, TextStore, trusted_documents
from gateway.setting import SettingsError
from resolvers.cache.texts import Texts
from schema.errors import RequestError
from schema.limits import Limits
from tests.servers import Servers

DOCUMENTS = Documents(build_schema("type Query { a: Int b: Int }"), Limits())


def is_valid(text: str) -> bool:
    """Whether a text may be executed."""
    return not DOCUMENTS.get(text).errors


def hash_of(text: str) -> str:
    """SHA-256 in hexadecimal."""
    return sha256(text.encode()).hexdigest()


def naming(sha: object, version: object = 1) -> dict[str, Any]:
    """Extensions as Apollo's clients send them."""
    return {"persistedQuery": {"version": version, "sha256Hash": sha}}


class Recorded:
    """A store that keeps everything, and the calls."""

    def __init__(self) -> None:
        self.texts: dict[str, str] = {}
        self.calls: list[tuple[str, str]] = []

    async def get(self, key: str) -> str | None:
        """What was stored."""
        self.calls.append(("get", key))
        return self.texts.get(key)

    async def set(self, key: str, text: str) -> None:
        """Stores."""
        self.calls.append(("set", key))
        self.texts[key] = text


def process(store: TextStore, **options: Any) -> PersistedOperations:
    """The operations of one more process."""
    return PersistedOperations(store, valid=is_valid, **options)


async def refused(asked: Any) -> tuple[str, str]:
    """Code and message of a refusal."""
    with pytest.raises(RequestError) as error:
        await asked
    return (error.value.extensions or {})["code"], error.value.message


NOT_FOUND = ("PERSISTED_QUERY_NOT_FOUND", "PersistedQueryNotFound")


@pytest.fixture
async def texts(servers: Servers) -> AsyncIterator[Texts]:
    """A store in the test run's Redis that is empty."""
    client = redis.Redis.from_url(servers.urls.redis)
    yield Texts(client, prefix=uuid4().hex, life_seconds=60)
    await client.aclose()


async def test_a_hash_finds_what_another_process_was_told(texts: Texts) -> None:
    """The protocol of Apollo's clients, over two processes."""
    first, second = process(texts), process(texts)
    query = "{ a }"
    assert await refused(first.text_of(None, naming(hash_of(query)))) == NOT_FOUND
    assert await first.text_of(query, naming(hash_of(query))) == query
    assert await first.text_of(None, naming(hash_of(query))) == query
    assert await second.text_of(None, naming(hash_of(query))) == query


async def test_a_text_without_a_hash_is_executed_and_not_kept() -> None:
    """As ever."""
    store = Recorded()
    assert await process(store).text_of("{ a }", {}) == "{ a }"
    assert await process(store).text_of("{ a }", None) == "{ a }"
    assert store.calls == []


async def test_redis_is_asked_once_per_hash_and_process() -> None:
    """What the process knows needs no look-up; a client that sends the text was told that somebody lacks it."""
    store = Recorded()
    query, sha = "{ a }", hash_of("{ a }")
    first, second = process(store), process(store)
    for _ in range(3):
        await first.text_of(query, naming(sha))
        await second.text_of(None, naming(sha))
    assert store.calls == [("set", sha), ("get", sha), ("set", sha), ("set", sha)]


async def test_what_is_used_lives_on_in_the_store() -> None:
    """An hour after it was last written or read there, its life is renewed."""
    store, now = Recorded(), [0.0]
    query, sha = "{ a }", hash_of("{ a }")
    one = process(store, clock=lambda: now[0])
    await one.text_of(query, naming(sha))
    for now[0] in (10.0, 3000.0, 3700.0, 3800.0):
        assert await one.text_of(None, naming(sha)) == query
    assert store.calls == [("set", sha), ("set", sha)]


async def test_what_the_process_keeps_is_bounded_by_its_characters() -> None:
    """However few texts they are."""
    store = Recorded()
    one = process(store, characters=9)
    for query in ("{ a }", "{ b }"):
        await one.text_of(query, naming(hash_of(query)))
    store.calls.clear()
    await one.text_of(None, naming(hash_of("{ b }")))
    await one.text_of(None, naming(hash_of("{ a }")))
    assert store.calls == [("get", hash_of("{ a }"))]


async def test_the_process_keeps_the_latest() -> None:
    """Older ones are asked for again."""
    store = Recorded()
    one = process(store, size=1)
    for query in ("{ a }", "{ b }"):
        await one.text_of(query, naming(hash_of(query)))
    store.calls.clear()
    await one.text_of(None, naming(hash_of("{ b }")))
    await one.text_of(None, naming(hash_of("{ a }")))
    assert store.calls == [("get", hash_of("{ a }"))]


@pytest.mark.parametrize("sha", [hash_of("{ b }"), hash_of("{ a }").upper(), "a", "sha256"])
async def test_a_wrong_hash_is_refused(sha: str) -> None:
    """Otherwise one client could change what another one's hash means."""
    store = Recorded()
    answer = await refused(process(store).text_of("{ a }", naming(sha)))
    assert answer == ("PERSISTED_QUERY_MISMATCH", "provided sha does not match query")
    assert store.calls == []


@pytest.mark.parametrize("version", [2, 0, None, "1", True, 1.5])
async def test_another_version_is_not_supported(version: object) -> None:
    """Clients stop asking then."""
    answer = await refused(process(Recorded()).text_of("{ a }", naming(hash_of("{ a }"), version)))
    assert answer == ("PERSISTED_QUERY_NOT_SUPPORTED", "PersistedQueryNotSupported")


@pytest.mark.parametrize("extension", ["x", 1, [], True])
async def test_an_extension_that_is_no_object_is_not_supported(extension: object) -> None:
    """It is no version of the protocol."""
    answer = await refused(process(Recorded()).text_of("{ a }", {"persistedQuery": extension}))
    assert answer[0] == "PERSISTED_QUERY_NOT_SUPPORTED"


@pytest.mark.parametrize("sha", [None, 5, "", ["a"], {}])
async def test_a_hash_that_is_none_is_refused(sha: object) -> None:
    """With what was found."""
    assert (await refused(process(Recorded()).text_of("{ a }", naming(sha))))[0] == "BAD_REQUEST"


@pytest.mark.parametrize("query", [None, ""])
async def test_a_request_with_nothing_to_execute_is_refused(query: str | None) -> None:
    """Neither a text nor an id."""
    assert (await refused(process(Recorded()).text_of(query, {})))[0] == "BAD_REQUEST"


@pytest.mark.parametrize("query", ["{ c }", "{", "{ a }" + " " * 100])
async def test_what_cannot_be_executed_or_is_too_long_is_not_kept(query: str) -> None:
    """It is passed on, so that the client learns what is wrong with it."""
    store = Recorded()
    one = process(store, max_bytes=100)
    assert await one.text_of(query, naming(hash_of(query))) == query
    assert await refused(one.text_of(None, naming(hash_of(query)))) == NOT_FOUND
    assert store.texts == {}


async def test_a_text_at_the_bound_is_kept() -> None:
    """Bytes, not characters."""
    store = Recorded()
    for query, kept in (("{ a } #äää", True), ("{ a } #ääää", False)):
        await process(store, max_bytes=13).text_of(query, naming(hash_of(query)))
        assert (hash_of(query) in store.texts) is kept


async def test_a_text_that_was_changed_in_redis_is_not_believed() -> None:
    """A hash is checked on the way out, too."""
    store = Recorded()
    store.texts[hash_of("{ a }")] = "{ b }"
    assert await refused(process(store).text_of(None, naming(hash_of("{ a }")))) == NOT_FOUND


async def test_an_id_that_is_no_hash_is_not_looked_up() -> None:
    """Keys of Redis are not made of what a client likes."""
    store = Recorded()
    assert await refused(process(store).text_of(None, naming("../x"))) == NOT_FOUND
    assert store.calls == []


@pytest.mark.parametrize("prefix", ["", "sha256:"])
async def test_a_document_id_may_be_a_hash(prefix: str) -> None:
    """As the appendix of GraphQL over HTTP writes it, or bare."""
    store = Recorded()
    one = process(store)
    await one.text_of("{ a }", naming(hash_of("{ a }")))
    assert await one.text_of(None, None, prefix + hash_of("{ a }")) == "{ a }"
    assert await refused(one.text_of(None, None, prefix + hash_of("{ b }"))) == NOT_FOUND


async def test_without_redis_texts_are_executed_and_hashes_are_not_found(tmp_path: Path) -> None:
    """A server that is gone in the middle; what the process knows, it still knows."""
    with embedded_servers(tmp_path / "data", postgres=False) as urls:
        client = redis.Redis.from_url(urls.redis or "")
        texts = Texts(client, prefix="p", life_seconds=60)
        first = process(texts)
        await first.text_of("{ a }", naming(hash_of("{ a }")))
        assert await process(texts).text_of(None, naming(hash_of("{ a }"))) == "{ a }"
        await client.shutdown(nosave=True)
    assert await first.text_of(None, naming(hash_of("{ a }"))) == "{ a }"
    assert await first.text_of("{ b }", naming(hash_of("{ b }"))) == "{ b }"
    assert await first.text_of(None, naming(hash_of("{ b }"))) == "{ b }"
    assert await refused(process(texts).text_of(None, naming(hash_of("{ a }")))) == NOT_FOUND
    await client.aclose()


TRUSTED = {"chart": "{ a }", hash_of("{ b }"): "{ b }"}


@pytest.mark.parametrize("id_", TRUSTED)
@pytest.mark.parametrize("trusted_only", [False, True])
async def test_trusted_documents_are_found_by_id(id_: str, trusted_only: bool) -> None:
    """By the extension and by `documentId`, without Redis."""
    store = Recorded()
    one = process(store, trusted=TRUSTED, trusted_only=trusted_only)
    assert await one.text_of(None, naming(id_)) == TRUSTED[id_]
    assert await one.text_of(None, None, id_) == TRUSTED[id_]
    assert await one.text_of(TRUSTED[id_], naming(id_)) == TRUSTED[id_]
    assert await one.text_of(TRUSTED[id_]) == TRUSTED[id_]
    assert (await refused(one.text_of("{ x: a }", naming(id_))))[0] == "PERSISTED_QUERY_MISMATCH"
    assert store.calls == []


async def test_everything_else_is_refused_where_only_trusted_documents_are_executed() -> None:
    """Known hashes, too; and no answer makes a client send the text."""
    store = Recorded()
    store.texts[hash_of("{ x: a }")] = "{ x: a }"
    one = process(store, trusted=TRUSTED, trusted_only=True)
    for asked in (
        one.text_of("{ x: a }"),
        one.text_of("{ a } "),
        one.text_of(None),
        one.text_of(None, naming(hash_of("{ x: a }"))),
        one.text_of("{ x: a }", naming(hash_of("{ x: a }"))),
        one.text_of(None, None, hash_of("{ x: a }")),
        one.text_of(None, None, "unknown"),
    ):
        assert (await refused(asked))[0] == "DOCUMENT_NOT_TRUSTED"
    assert await one.text_of("{ a }", naming(hash_of("{ a }"))) == "{ a }"
    assert store.calls == []


def written(tmp_path: Path, manifest: object) -> Path:
    """A manifest's file."""
    path = tmp_path / "manifest.json"
    path.write_bytes(manifest if isinstance(manifest, bytes) else orjson.dumps(manifest))
    return path


def manifest(*operations: object) -> dict[str, object]:
    """A manifest as the program writes it."""
    return {"format": "apollo-persisted-query-manifest", "version": 1, "operations": list(operations)}


def test_a_manifest_is_read(tmp_path: Path) -> None:
    """Ids and bodies."""
    operations = [
        {"id": "1", "name": "A", "type": "query", "body": "query A { a }"},
        {"id": "2", "name": "B", "type": "query", "body": "query B { b }"},
    ]
    assert trusted_documents(written(tmp_path, manifest(*operations))) == {"1": "query A { a }", "2": "query B { b }"}
    assert trusted_documents(written(tmp_path, manifest())) == {}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"{", "is not JSON"),
        ([], "is no manifest"),
        ({"version": 1, "operations": []}, 'is no manifest: "format": "apollo-persisted-query-manifest" was expected'),
        ({**manifest(), "version": 2}, "must have version 1, was 2"),
        ({**manifest(), "version": True}, "must have version 1, was True"),
        ({**manifest(), "operations": {}}, "must have a list of operations"),
        (manifest("x"), r"must give operations\[0\] an id and a body"),
        (manifest({"id": "1", "body": "{ a }"}, {"id": "2"}), r"must give operations\[1\] an id and a body"),
        (manifest({"id": "1", "body": "{ a }"}, {"id": "1", "body": "{ b }"}), "has two bodies with the id '1'"),
    ],
)
def test_a_manifest_that_is_none_is_refused(tmp_path: Path, content: object, message: str) -> None:
    """At the start, naming the variable and the file."""
    with pytest.raises(SettingsError, match=rf"^GATEWAY_TRUSTED_DOCUMENTS: .*manifest.json {message}"):
        trusted_documents(written(tmp_path, content))


def test_a_manifest_that_is_missing_is_refused(tmp_path: Path) -> None:
    """With the system's reason."""
    with pytest.raises(SettingsError, match="cannot be read: No such file or directory"):
        trusted_documents(tmp_path / "manifest.json")


@pytest.mark.parametrize(("text", "value"), [("true", True), ("FALSE", False)])
def test_trusted_only_is_a_setting(text: str, value: bool) -> None:
    """True or false."""
    assert Settings.from_environment({"GATEWAY_TRUSTED_ONLY": text}).trusted_only is value


def test_a_truth_value_that_is_none_is_refused() -> None:
    """A typing error must not open the door."""
    with pytest.raises(SettingsError, match="GATEWAY_TRUSTED_ONLY must be true or false, was 'yes'"):
        Settings.from_environment({"GATEWAY_TRUSTED_ONLY": "yes"})
