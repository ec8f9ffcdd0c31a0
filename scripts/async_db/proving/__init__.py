"""Running proofs and counterexamples, and telling what came of them."""
