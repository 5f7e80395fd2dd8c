"""The settings: read once from the environment, frozen, each with its unit."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Self

from gateway.endpoint.stream_limits import StreamLimits
from gateway.hidden_url import hidden
from gateway.setting import SettingsError, parsed, setting, variable_of
from schema.limits import Limits

# Read by the build (hatch_build.py), and often still set when the gateway starts.
_VARIABLES_OF_THE_BUILD = ("GATEWAY_BUILD_WITHOUT_PAGES",)

_LIMITS = Limits()
_STREAMS = StreamLimits()


@dataclass(frozen=True, kw_only=True, slots=True)
class ServerUrls:
    """
    The servers that a process works with, those of the settings or embedded ones.

    Attributes:
        database: DSN of PostgreSQL.
        redis: URL of Redis; empty for a command that needs none.
    """

    database: str
    redis: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Settings:
    """Everything that can be configured. The variable of a field is its name in capitals behind ``GATEWAY_``."""

    host: str = setting("127.0.0.1", "Address to listen on.")
    port: int = setting(8000, "TCP port to listen on.", least=0)
    database_url: str | None = setting(
        None,
        "PostgreSQL 15 or later; without it an embedded server is used.",
        unit="DSN",
        schemes=("postgresql", "postgres"),
    )
    redis_url: str | None = setting(
        None,
        "Redis 6.2 or later; without it an embedded server is used.",
        unit="URL",
        schemes=("redis", "rediss", "unix"),
    )
    data_dir: Path | None = setting(
        None, "Where the embedded servers keep their data; by default a place of the system's choice.", unit="directory"
    )
    database_connections: int = setting(10, "Most connections to PostgreSQL per process.", unit="connections", least=2)
    database_wait_seconds: float = setting(
        5.0,
        "How long a request waits for one of these connections before it is `UNAVAILABLE`.",
        unit="seconds",
        least=0,
    )
    max_bars: int = setting(50_000, "Most bars that one window may hold.", unit="bars", least=1)
    bar_grace_seconds: float = setting(
        2.0, "How long after its end a bar still counts as forming.", unit="seconds", least=0
    )
    quote_stale_seconds: float = setting(300.0, "Age from which a quote counts as stale.", unit="seconds", least=0)
    max_read_bars: int = setting(
        2_000_000, "Most bars that one operation may read, those before its windows included.", unit="bars", least=1
    )
    quote_cache_seconds: float = setting(
        300.0, "How long a quote is held at most, if no event says that it has changed.", unit="seconds", least=0
    )
    candle_cache_seconds: float = setting(600.0, "The same for candles.", unit="seconds", least=0)
    signal_cache_seconds: float = setting(30.0, "The same for signals.", unit="seconds", least=0)
    instrument_cache_seconds: float = setting(600.0, "The same for instruments.", unit="seconds", least=0)
    absent_cache_seconds: float = setting(30.0, "The same for what does not exist.", unit="seconds", least=0)
    window_cache_bytes: int = setting(
        134_217_728, "What a process may hold of candles, with all that was made of them.", unit="bytes", least=0
    )
    warm_windows: int = setting(
        200,
        "How many of the windows that were asked for most are loaded at the start, and renewed when a bar has closed;"
        " 0 is none. As many quotes and instruments are loaded.",
        unit="windows",
        least=0,
    )
    redis_budget_seconds: float = setting(
        0.05, "How long Redis may take to answer; then a value is read from PostgreSQL.", unit="seconds", least=0.001
    )
    max_body_bytes: int = setting(1_000_000, "Largest body of a request.", unit="bytes", least=1)
    max_batch: int = setting(10, "Most operations of a batch.", unit="operations", least=1)
    max_document_bytes: int = setting(_LIMITS.max_document_bytes, "Longest document, in UTF-8.", unit="bytes", least=1)
    max_tokens: int = setting(
        _LIMITS.max_tokens, "Most lexical tokens of a document, and as many comments.", unit="tokens", least=1
    )
    max_depth: int = setting(
        _LIMITS.max_depth, "Most fields inside each other, fragments followed.", unit="fields", least=1
    )
    max_fields: int = setting(
        _LIMITS.max_fields,
        "Most fields that a document selects, fragments followed; one repeated k times in one place counts k(k+1)/2.",
        unit="fields",
        least=1,
    )
    max_root_fields: int = setting(_LIMITS.max_root_fields, "Most root fields of an operation.", unit="fields", least=1)
    max_aliases: int = setting(
        _LIMITS.max_aliases, "Most aliased fields in the answer to an operation.", unit="aliases", least=0
    )
    max_list_size: int = setting(
        _LIMITS.max_list_size, "Most items that one argument may ask for.", unit="items", least=1
    )
    max_cost: int = setting(
        _LIMITS.max_cost, "What an operation may cost, by `@cost` and `@listSize`.", unit="units", least=0
    )
    kept_documents: int = setting(
        1000, "Most documents that a process keeps parsed and validated.", unit="documents", least=0
    )
    persisted_seconds: int = setting(
        86_400, "How long an automatically persisted query is kept after its last use.", unit="seconds", least=1
    )
    trusted_documents: Path | None = setting(
        None, "Operations that clients may name by id, as `generate-persisted-query-manifest` writes them.", unit="file"
    )
    trusted_only: bool = setting(False, "Whether operations that are not in that file are refused.")
    response_cache_bytes: int = setting(
        128 * 2**20, "What the kept answers of a process may take; 0 keeps none.", unit="bytes", least=0
    )
    shared_cache_seconds: int = setting(
        0,
        "How long a cache in front of the gateway may answer GET without asking. It hears of no event, so above 0"
        " what it answers may be older than what a stream has shown.",
        unit="seconds",
        least=0,
    )
    max_connections: int = setting(
        _STREAMS.max_connections,
        "Most connections that stream, over WebSocket or HTTP, per process.",
        unit="connections",
        least=1,
    )
    max_operations: int = setting(
        _STREAMS.max_operations, "Most operations at the same time on one of these.", unit="operations", least=1
    )
    ping_seconds: float = setting(
        _STREAMS.ping_seconds,
        "How often an idle connection is tried; a WebSocket that has not answered by the next time is closed.",
        unit="seconds",
        least=0.1,
    )
    send_seconds: float = setting(
        _STREAMS.send_seconds,
        "How long a client may take to read what it was sent, before it is ended.",
        unit="seconds",
        least=0.1,
    )
    beat_milliseconds: float = setting(
        50.0,
        "How often a stream is told of changes, at most; the first after a quiet moment is told at once.",
        unit="milliseconds",
        least=0,
    )
    max_outbox_bytes: int = setting(
        1_000_000,
        "What may wait for one stream whose client reads slowly, before it ends with `TOO_SLOW`.",
        unit="bytes",
        least=1,
    )
    allowed_origins: str | None = setting(
        None,
        "Pages, besides the gateway's own, that may open WebSockets: `https://a.example,https://b.example`, or `*`.",
        unit="origins",
    )
    gzip_min_bytes: int = setting(1024, "Answers from this size on are compressed.", unit="bytes", least=0)
    ready_timeout_seconds: float = setting(
        2.0, "How long /readyz waits for PostgreSQL and Redis.", unit="seconds", least=0
    )
    event_audit_seconds: float = setting(
        2.0,
        "How often a process compares what it has heard of with PostgreSQL; it is at most twice that behind.",
        unit="seconds",
        least=0.1,
    )
    event_stream_seconds: int = setting(
        900, "How long Redis keeps events for a process that is behind.", unit="seconds", least=900
    )
    stats_seconds: float = setting(
        5.0, "How often a process tells its counters to `gateway cache stats`.", unit="seconds", least=0.1
    )
    llm_url: str | None = setting(
        None,
        "An OpenAI-compatible endpoint whose model puts insights into words; without it rules do.",
        unit="URL",
        schemes=("https", "http"),
    )
    llm_model: str | None = setting(None, "The model to ask there; needed with the URL.")
    llm_key: str | None = setting(None, "The key that is sent to it, as a bearer token.", unit="secret", secret=True)
    llm_timeout_seconds: float = setting(
        10.0, "How long the model may take to answer; then it counts as failed.", unit="seconds", least=0.01
    )
    llm_wait_seconds: float = setting(
        1.0,
        "How long a query waits for words that are not there; then the rules answer, and the model's are for the next.",
        unit="seconds",
        least=0,
    )
    llm_calls_per_minute: int = setting(
        60, "Most questions to the model in any sixty seconds, per process.", unit="calls", least=0
    )
    llm_failures: int = setting(
        5, "After so many failures in a row the model is left alone for a while.", unit="failures", least=1
    )
    llm_rest_seconds: float = setting(
        30.0, "For how long; then one question tries whether it answers again.", unit="seconds", least=0
    )
    simulated_writes_per_second: float = setting(
        2.0,
        "How often the simulated market of `gateway demo` goes on; 0 and it stands still.",
        unit="writes/s",
        least=0,
    )
    engine: str = setting(
        "auto",
        "Whether the gateway's own signals are made inside a process that serves: `on`, `off`, or `auto`, which is"
        " inside `gateway demo` alone.",
    )
    engine_intervals: str = setting("D1,H1,M5", "Of which bars signals are made, in this order.", unit="intervals")
    engine_history_bars: int = setting(
        2000, "Signals are stored of at most so many closed bars of a series, the last ones.", unit="bars", least=1
    )
    engine_horizon_bars: int = setting(
        5,
        "For how many bars a signal is made; with another number they are those of another producer.",
        unit="bars",
        least=1,
    )
    engine_threads: int = setting(4, "In how many threads an engine computes.", unit="threads", least=1)
    engine_shard: str = setting(
        "0/1",
        "Which series a worker takes first: `1/3` those of the second third. It takes the others when these are done.",
    )
    binance_rest_url: str = setting(
        "https://data-api.binance.vision",
        "Where `gateway feed binance` reads history.",
        unit="URL",
        schemes=("https", "http"),
    )
    binance_stream_url: str = setting(
        "wss://data-stream.binance.vision",
        "Where `gateway feed binance` reads its streams.",
        unit="URL",
        schemes=("wss", "ws"),
    )
    shutdown_grace_seconds: int = setting(
        10, "How long running requests may take to finish after a stop was asked for.", unit="seconds", least=0
    )
    shutdown_spread_seconds: float = setting(
        5.0,
        "Over how long connections that stream are ended then, so that clients do not all return at once; at most half "
        "of that time.",
        unit="seconds",
        least=0,
    )
    log_level: str = setting("INFO", "DEBUG, INFO, WARNING or ERROR.")

    def limits(self) -> Limits:
        """How large one operation may be."""
        return Limits(**{one.name: getattr(self, one.name) for one in fields(Limits)})

    def stream_limits(self) -> StreamLimits:
        """What a connection that streams may be."""
        return StreamLimits(
            max_connections=self.max_connections,
            max_operations=self.max_operations,
            ping_seconds=self.ping_seconds,
            send_seconds=self.send_seconds,
            allowed_origins=frozenset(
                one.strip().rstrip("/") for one in (self.allowed_origins or "").split(",") if one.strip()
            ),
        )

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> Self:
        """
        The settings of this process; an empty variable counts as not set.

        Raises:
            SettingsError: If a variable cannot be right, or one that begins with ``GATEWAY_`` is unknown.
        """
        environment = os.environ if environment is None else environment
        known = {variable_of(one): one for one in fields(cls)}
        for variable in environment:
            if variable.startswith("GATEWAY_") and variable not in (*known, *_VARIABLES_OF_THE_BUILD):
                raise SettingsError(f"{variable} is not a setting; there are {', '.join(sorted(known))}")
        settings = cls(
            **{
                one.name: parsed(one, environment[name])
                for name, one in known.items()
                if environment.get(name, "").strip()
            }
        )
        if settings.llm_url is not None and settings.llm_model is None:
            raise SettingsError("GATEWAY_LLM_MODEL must be set where GATEWAY_LLM_URL is, was not")
        if settings.llm_key is not None and not (settings.llm_key.isascii() and settings.llm_key.isprintable()):
            raise SettingsError("GATEWAY_LLM_KEY must be of printable ASCII characters, was not")
        return settings

    def shown(self) -> list[tuple[str, str, str]]:
        """Each variable with its effective value and its unit; secrets are hidden."""
        rows = []
        for one in fields(self):
            value = getattr(self, one.name)
            text = "" if value is None else hidden(str(value)) if one.metadata["schemes"] else str(value)
            text = "…" if text and one.metadata["secret"] else text
            rows.append((variable_of(one), text, one.metadata["unit"]))
        return rows
