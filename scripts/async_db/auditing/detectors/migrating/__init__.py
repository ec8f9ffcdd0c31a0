"""What the audit sees of the rules of `references/migrating.md`."""
