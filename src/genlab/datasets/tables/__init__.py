"""Tables as people have them: files and frames of numbers, words, dates and gaps."""

from genlab.datasets.tables._encoder import TableEncoder
from genlab.datasets.tables._examples import ALL, FileExamples, read_examples
from genlab.datasets.tables._inputs import TableInput
from genlab.datasets.tables._load import TableRows, load_table, read_rows
from genlab.datasets.tables._options import TableOptions
from genlab.datasets.tables._transformer import TransformerEncoder

__all__ = [
    "ALL",
    "FileExamples",
    "TableEncoder",
    "TableInput",
    "TableOptions",
    "TableRows",
    "TransformerEncoder",
    "load_table",
    "read_examples",
    "read_rows",
]
