"""The sections of the report: from results to blocks, with nothing about how they look."""
