"""Numba loops over code points and Sudachi's dictionary; imported only when words are wanted.

The same rules as in `curate.signals.kernels`: explicit signatures, and no compiled function of another file.
"""
