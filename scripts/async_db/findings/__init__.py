"""One finding, whoever has found it, and the forms in which findings are told."""
