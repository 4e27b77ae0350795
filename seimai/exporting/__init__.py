"""Parts of `seimai export`: shards, token files, the dataset's card."""
