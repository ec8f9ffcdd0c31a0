"""Real servers for the length of a with block: PostgreSQL, and PgBouncer in front of it."""
