"""What a verification found: as data, as JSON, as a table and as a page."""
