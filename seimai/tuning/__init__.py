"""What-if over a finished dataset: thresholds moved, verdicts taken again from the stored signals."""
