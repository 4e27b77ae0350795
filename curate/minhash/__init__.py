"""MinHash over Arrow's UTF-8 buffers: comparable text, signatures, bands, exact verification, clusters.

The sketches are datasketch's (`affine32`), bit for bit; only the way there is another: Numba kernels walk
the bytes, so that no Python string and no list of n-grams is made. Broder, "On the resemblance and
containment of documents" (1997); bands as in Leskovec, Rajaraman and Ullman, "Mining of Massive
Datasets", chapter 3.

A kernel calls no compiled function of another file: Numba's cache looks at one file's date only.
"""
