"""Numba loops over letters; imported only when a step runs.

A kernel calls no compiled function of another file: Numba's cache looks at one file's date only.
"""
