"""What benchmarks have in common with a corpus: parts of `curate.decontaminate`; no step."""
