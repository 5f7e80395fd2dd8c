"""Events on their way from the database to every process: through Redis, and around it."""
