"""Numba loops over code points; imported only when a family measures.

A kernel calls no compiled function of another file: Numba's cache looks at one file's date only, so a
changed callee elsewhere would go unnoticed. Signatures are explicit, so that importing a kernel loads
(or, once, compiles) exactly one version.
"""
