"""Parts of `curate.count_tokens` and `curate.pack`: tokenizers as files on disk."""
