"""TokenFormer, its growth, and the Transformer beside it."""
