"""What is loaded by being read, and what is asked for again and again."""
