"""Connections: how many a request takes, and what it waits for."""
