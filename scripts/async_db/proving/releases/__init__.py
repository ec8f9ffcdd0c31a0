"""Verification on several sets of releases, and what that shows of the rules' windows."""
