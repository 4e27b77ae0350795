"""Engines: how a model is reached, and how its tokens are chosen."""
