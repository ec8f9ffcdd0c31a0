"""What a trace shows of the rules: pure functions from a trace to findings, by what they look at."""
