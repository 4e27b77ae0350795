"""Lists of words that a document should not hold: how they are read, and how they are found in text."""
