"""``gateway schema``: prints the GraphQL schema, or says what it breaks for the clients of an older one."""

import argparse
import sys
from pathlib import Path

from graphql import (
    BreakingChangeType,
    DangerousChangeType,
    DirectiveLocation,
    GraphQLError,
    GraphQLSchema,
    build_schema,
    find_schema_changes,
)

from gateway.commands.running import DONE, FAILED, CommandError
from gateway.config import Settings
from schema.build import printed_schema

# Where the author of an operation can put a directive; all other directives describe the schema.
_IN_OPERATIONS = frozenset(
    {
        DirectiveLocation.QUERY,
        DirectiveLocation.MUTATION,
        DirectiveLocation.SUBSCRIPTION,
        DirectiveLocation.FIELD,
        DirectiveLocation.FRAGMENT_DEFINITION,
        DirectiveLocation.FRAGMENT_SPREAD,
        DirectiveLocation.INLINE_FRAGMENT,
        DirectiveLocation.VARIABLE_DEFINITION,
    }
)


def run(chosen: argparse.Namespace, _: Settings) -> int:
    """
    Prints the schema as SDL, or compares it with the one in a file; breaking changes are status 1.

    Raises:
        CommandError: If that file cannot be read, or is no schema.
    """
    if chosen.check is None:
        sys.stdout.write(printed_schema())
        return DONE
    changes = find_schema_changes(_read(chosen.check), _of_operations(build_schema(printed_schema())))
    breaking = [change.description for change in changes if isinstance(change.type, BreakingChangeType)]
    dangerous = [change.description for change in changes if isinstance(change.type, DangerousChangeType)]
    for kind, descriptions in (("breaking", breaking), ("dangerous", dangerous)):
        sys.stdout.writelines(f"{kind}: {one}\n" for one in sorted(descriptions))
    sys.stdout.write(
        f"{len(breaking)} breaking and {len(dangerous)} dangerous of {len(changes)} changes since {chosen.check}\n"
    )
    return FAILED if breaking else DONE


def _read(path: Path) -> GraphQLSchema:
    try:
        return _of_operations(build_schema(path.read_text("utf-8")))
    except OSError as error:
        raise CommandError(f"{path} cannot be read: {error.strerror}") from error
    except (GraphQLError, TypeError, ValueError) as error:
        raise CommandError(f"{path} is no GraphQL schema: {str(error).splitlines()[0]}") from error


def _of_operations(schema: GraphQLSchema) -> GraphQLSchema:
    """
    The schema without the directives that no operation can hold.

    To take back `@cost` breaks no client, although graphql-core would say so.
    """
    parts = schema.to_kwargs()
    parts["directives"] = tuple(one for one in schema.directives if not _IN_OPERATIONS.isdisjoint(one.locations))
    return GraphQLSchema(**parts)
