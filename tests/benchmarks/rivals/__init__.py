"""Other ways to write what the rendered service does, each on the tables of that service."""
