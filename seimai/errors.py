"""Errors that are the user's to mend: one sentence, no traceback."""


class SeimaiError(Exception):
    """Something that the user can mend; the message says what and where."""


class Waiting(Exception):
    """A recipe waits for people: exit code 75, one sentence, and the same command goes on from here."""
