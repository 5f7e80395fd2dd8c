"""The pages that people see in a browser: GraphiQL and its files."""
