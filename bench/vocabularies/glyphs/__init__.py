"""Glyphs: text written again with single signs for frequent phrases."""
