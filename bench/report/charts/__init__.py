"""Charts of the report, in one visual language (`style`)."""
