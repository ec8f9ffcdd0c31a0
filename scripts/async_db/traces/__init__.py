"""What happened to the database while one request was served, as data."""
