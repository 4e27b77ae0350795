"""How far a labelling session can be trusted: agreement, reviewers, biases, pace, and a report of them."""
