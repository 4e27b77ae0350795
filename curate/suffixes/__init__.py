"""Repeated substrings by suffix arrays: built block by block of one long text, joined across blocks by hash.

Lee et al., "Deduplicating Training Data Makes Language Models Better" (2022). A *window* is as many
characters as the least substring that counts, from one place on. A substring of at least that length is
repeated exactly if all its windows are, so it is enough to know which windows occur where. The suffix array
of a block puts equal windows side by side; of each distinct window of a block one entry of 16 bytes goes to
disk, and windows of several blocks are found among those with equal hashes, and then compared byte by byte.
No array is ever larger than a block, and no group of equal windows larger than the number of blocks.
"""
