"""Vocabularies: published, trained here, controls."""
