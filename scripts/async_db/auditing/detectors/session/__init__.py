"""What the audit sees of the rules of `references/session.md`."""
