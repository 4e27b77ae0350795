"""Semantic duplicates: documents as vectors, and which of them say the same.

Parts of `curate.semantic_dedup`: encoders read from a folder (`encoder`, `static`, `transformer`), vectors in
a file (`vectors`, `embed`), cells so that not all pairs are compared (`kmeans`, `cells`), who stays
(`leaders`, `greedy`), and what a cut-off would drop (`spread`).
"""
