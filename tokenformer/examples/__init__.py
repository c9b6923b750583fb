"""Examples that run: training on a text file, the layer as a drop-in, TokenFormer and an FFN."""
