"""Child processes in which pytest runs on a project: what they are told, and what they tell."""
