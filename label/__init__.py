"""Preference sessions with people: a local Argilla, push, pull."""
