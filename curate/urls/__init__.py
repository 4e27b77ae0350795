"""Addresses in one form, so that those of one page are equal."""
