"""Where parallel text comes from. Knows no vocabulary and no model."""
