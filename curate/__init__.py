"""Text in, text out: read, extract, normalise, measure, filter, deduplicate."""
