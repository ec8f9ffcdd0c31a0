"""Templates and options in, a project or a layer of one out."""
