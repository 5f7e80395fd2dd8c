"""The command line. Each command is imported when it runs, so that ``gateway --help`` stays instant."""

import argparse
import sys
import time
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

_INTERVALS = ("M1", "M5", "M15", "M30", "H1", "H4", "D1", "W1")
_ASSET_CLASSES = ("EQUITY", "ETF", "INDEX", "FX", "CRYPTO", "COMMODITY")


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a command and returns its exit status: 0 done, 1 failed, 2 wrong usage, 3 done with rejected rows."""
    begun = time.monotonic()
    chosen = _parser().parse_args(arguments)
    chosen.begun = begun
    from gateway.commands.running import reported  # settings and errors, which --help does not need

    command = import_module(f"gateway.commands.{chosen.command}")
    return reported(command.run, chosen)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="gateway",
        description="A GraphQL gateway for market data, signals and opportunities.",
        epilog="Settings come from the environment; `gateway check` lists them with their effective values.",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    demo = commands.add_parser("demo", help="serve a simulated market, or a file of yours, on embedded servers")
    demo.add_argument("--data", type=Path, metavar="FILE", help="serve the prices of this file instead")
    _import_options(demo)

    commands.add_parser("serve", help="serve what is stored")

    load = commands.add_parser("import", help="store prices from CSV, gzipped CSV or Parquet files")
    load.set_defaults(command="import_")
    load.add_argument("files", nargs="+", type=Path, metavar="FILE")
    load.add_argument("--dry-run", action="store_true", help="read and check, store nothing")
    load.add_argument("--rejects", type=Path, metavar="FILE", help="write the rejected rows here as CSV")
    _import_options(load)

    feed = commands.add_parser("feed", help="store prices as they come: from an exchange, or from a file at a speed")
    _feed_commands(feed)

    worker = commands.add_parser("worker", help="make the gateway's own signals of what is stored, and of what comes")
    worker.add_argument("--once", action="store_true", help="end when there is nothing left to compute")

    report = commands.add_parser("report", help="print how right the gateway's own signals were")
    _report_commands(report)

    instruments = commands.add_parser("instruments", help="list and edit instruments")
    _instrument_commands(instruments)

    cache = commands.add_parser("cache", help="see what running gateways hold, or let them read anew")
    _cache_commands(cache)

    commands.add_parser("migrate", help="bring the database's tables up to date")
    schema = commands.add_parser("schema", help="print the GraphQL schema, or compare it with an older one")
    schema.set_defaults(command="schema_")
    schema.add_argument(
        "--check",
        type=Path,
        metavar="OLD.graphql",
        help="say what breaks for clients of that schema; status 1 if anything",
    )
    commands.add_parser("check", help="print the effective settings and what cannot be reached")
    return parser


def _import_options(parser: argparse.ArgumentParser) -> None:
    options = parser.add_argument_group("reading files")
    options.add_argument("--symbol", help="the symbol of a file without a symbol column")
    options.add_argument("--interval", choices=_INTERVALS, default="D1", help="length of the bars (default: D1)")
    options.add_argument(
        "--timezone", default="UTC", help="zone of times without an offset, and of new instruments (default: UTC)"
    )
    options.add_argument("--adjusted", action="store_true", help="scale prices by the file's adjusted close")
    options.add_argument(
        "--asset-class", choices=_ASSET_CLASSES, default="EQUITY", help="of new instruments (default: EQUITY)"
    )
    options.add_argument("--currency", default="USD", help="of new instruments (default: USD)")


def _feed_commands(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    replay = actions.add_parser("replay", help="publish a file's bars one after the other, faster than they happened")
    replay.add_argument("file", type=Path, metavar="FILE")
    replay.add_argument("--speed", type=float, default=60.0, help="times as fast as they happened (default: 60)")
    _import_options(replay)
    binance = actions.add_parser("binance", help="follow symbols of Binance, and fill in what is missing")
    binance.add_argument("--symbols", required=True, metavar="S,S", help="such as BTCUSDT,ETHUSDT")
    binance.add_argument("--interval", choices=_INTERVALS, default="M1", help="length of the bars (default: M1)")
    binance.add_argument(
        "--since", metavar="DATE", help="how far back to begin, such as 2024-01-01 (default: a thousand bars)"
    )


def _report_commands(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    agents = actions.add_parser("agents", help="hit rates beside base rates, of each agent and of the consensus")
    agents.add_argument("--interval", choices=_INTERVALS, default="D1", help="length of the bars (default: D1)")


def _instrument_commands(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    actions.add_parser("list", help="print all instruments as CSV, in the form that `import` reads")
    load = actions.add_parser("import", help="create or edit instruments from such a CSV file")
    load.add_argument("file", type=Path, metavar="FILE")
    edit = actions.add_parser("set", help="edit one instrument")
    edit.add_argument("symbol")
    edit.add_argument("--name")
    edit.add_argument("--asset-class", choices=_ASSET_CLASSES)
    edit.add_argument("--exchange")
    edit.add_argument("--currency")
    edit.add_argument("--timezone", help="IANA zone of its session dates")
    edit.add_argument(
        "--session-start", metavar="HH:MM", help="local time at which the next session begins, such as 17:00 for FX"
    )
    edit.add_argument("--tick-size", type=float)
    edit.add_argument("--active", choices=("yes", "no"))
    edit.add_argument(
        "--alias", action="append", help="another name; give it again for more; replaces all aliases, '' by none"
    )


def _cache_commands(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    actions.add_parser("stats", help="print what each process holds and has counted, and what is in Redis")
    purge = actions.add_parser("purge", help="let every running gateway read something anew")
    purge.add_argument(
        "subject",
        metavar="SUBJECT",
        help="candles:SYMBOL:INTERVAL, candles:SYMBOL, quote:SYMBOL, signals:SYMBOL, signals, instruments, or all",
    )


if __name__ == "__main__":
    sys.exit(main())
