"""Which rows go into a mixture, a sample or a part of a split, and in which order they come.

Chance is a hash of a row's id and a seed: it knows nothing of shards, workers or the other rows. Rows are
drawn in the order of their hashes until an amount is reached, so a larger sample holds the smaller one but
for a few rows at its end.
"""
