"""Audits: people judge documents near a filter's thresholds, and the answers say what its rules are worth."""
