"""Sessions and their units of work: who uses them, when they commit, what they hold."""
