"""Types for programs in TypeScript, made of the schema and of operations."""

import re

import pytest

from tests.clients.node import FOLDER, node
from tests.processes import REPOSITORY


@pytest.mark.usefixtures("packages")
async def test_generated_types_are_strict() -> None:
    """graphql-codegen reads the committed schema and the README's query; what it makes passes ``tsc --strict``."""
    example = re.search(r"```graphql\n(.*?)```", (REPOSITORY / "README.md").read_text("utf-8"), re.DOTALL)
    assert example is not None
    generated = FOLDER / "generated"
    generated.mkdir(exist_ok=True)
    (generated / "readme.graphql").write_text(example[1])
    made = await node("node_modules/@graphql-codegen/cli/esm/bin.js", "--config", "codegen.json", "--silent")
    assert made.status == 0, made.output + made.log
    checked = await node("node_modules/typescript/bin/tsc", "--project", "tsconfig.json")
    assert (checked.status, checked.output) == (0, "")
