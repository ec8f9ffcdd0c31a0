"""Functions that a target gets, as they are written there; nothing here is imported or run."""
