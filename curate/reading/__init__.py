"""The parts of `curate.read`: character sets, single documents, records, archives, WARC."""
