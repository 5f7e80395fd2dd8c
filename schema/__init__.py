"""The contract: GraphQL types, root fields and error codes."""
