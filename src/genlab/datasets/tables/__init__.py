"""Tables as people have them: files and frames of numbers, words, dates and gaps."""

from genlab.datasets.tables._encoder import TableEncoder
from genlab.datasets.tables._examples import ALL, FileExamples, read_examples

__all__ = ["ALL", "FileExamples", "TableEncoder", "read_examples"]
