"""Lines, paragraphs and sentences that recur across documents: cut, counted on disk, judged by their company.

Everything that grows with the corpus lies in files of the step's scratch folder: the keys of all units (12
bytes each), the counts of the distinct ones (20 bytes each), and the table of those that recur.
"""
