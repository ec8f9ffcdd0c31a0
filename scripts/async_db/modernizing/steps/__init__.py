"""The steps of the move, a file each; each says what it needs done before."""
