"""Training on the same content in each language."""
