"""``gateway schema``: prints the GraphQL schema."""

import argparse
import sys

from gateway.commands.running import DONE
from gateway.config import Settings
from schema.build import printed_schema


def run(_: argparse.Namespace, __: Settings) -> int:
    """Prints the schema as SDL."""
    sys.stdout.write(printed_schema())
    return DONE
