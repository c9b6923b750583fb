"""Glyphs: frequent words and phrases as single signs, without loss."""
