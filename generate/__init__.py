"""Prompts in, candidates and preference pairs out."""
