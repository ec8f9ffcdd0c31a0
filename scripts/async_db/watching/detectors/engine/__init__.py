"""Engines: how many are made, where, and whether they are disposed of."""
