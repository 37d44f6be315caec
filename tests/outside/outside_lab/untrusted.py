"""A module that no entry point names: a file that merely names it must not have it imported."""

from outside_lab.models import CNN


class Untrusted(CNN):
    """A model that only its own user may load."""
