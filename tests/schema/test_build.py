"""The schema as a whole: what is committed is what is served, and everything is described."""

from graphql import GraphQLEnumType, GraphQLInputObjectType, GraphQLInterfaceType, GraphQLObjectType

from schema.build import build_schema, committed_schema, printed_schema


def test_the_committed_schema_is_the_served_one() -> None:
    """Run ``gateway schema > schema/schema.graphql`` after a change that is meant."""
    assert committed_schema() == printed_schema()


def test_every_type_field_argument_and_value_has_a_description() -> None:
    """People explore by reading."""
    bare = []
    for name, kind in build_schema()._schema.type_map.items():
        if name.startswith("__") or name in ("Int", "Float", "String", "Boolean", "ID"):
            continue
        if not kind.description:
            bare.append(name)
        if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType | GraphQLInputObjectType):
            for field_name, field in kind.fields.items():
                if not field.description:
                    bare.append(f"{name}.{field_name}")
                arguments = getattr(field, "args", {})
                bare += [f"{name}.{field_name}({one})" for one, arg in arguments.items() if not arg.description]
        if isinstance(kind, GraphQLEnumType):
            bare += [f"{name}.{one}" for one, value in kind.values.items() if not value.description]
    assert bare == []
