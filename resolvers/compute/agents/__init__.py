"""The technical agents: what each of them looks at, and how it votes on every closed bar."""
