"""Watching what a service does to its database, and what of it breaks a rule."""
