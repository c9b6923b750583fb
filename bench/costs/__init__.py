"""FLOPs, memory and inference costs of token counts."""
