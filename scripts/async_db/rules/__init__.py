"""What the references claim: the rules, the releases they hold for, and their counterexamples."""
