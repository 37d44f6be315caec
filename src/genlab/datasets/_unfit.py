"""What is wrong with a data file."""


class UnfitError(Exception):
    """What is wrong with a file, as the rest of a sentence that begins with its name."""
