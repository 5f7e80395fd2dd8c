"""Who may share an answer with whom."""

from starlette.types import Scope

ANONYMOUS = "anonymous"


def access_class(scope: Scope) -> str:
    """The class of a request's sender: within one, equal operations have equal answers. There is one as yet."""
    return ANONYMOUS
