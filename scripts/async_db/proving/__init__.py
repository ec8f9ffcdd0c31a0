"""Running proofs and counterexamples on rendered scaffolds, and telling what came of them."""
