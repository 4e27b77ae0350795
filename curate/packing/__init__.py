"""Parts of `curate.pack`: tokens of each shard of the input, then token files of equal size."""
