"""Faults that rules find in a response: form, wording, refusals, personal data."""
