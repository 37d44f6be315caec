"""Data sets: generated or loaded, each with a spec that can make it again."""

from genlab.datasets import transforms
from genlab.datasets._arrays import kept_names, matched_inputs
from genlab.datasets._content_files import open_content, write_content
from genlab.datasets._contents import check_held, contents_of
from genlab.datasets._dataset import Dataset, DataSpec, Encoder, Examples, Split
from genlab.datasets._generators import CONTENT, GENERATORS
from genlab.datasets._label_noise import LabelNoise, corrupt_labels
from genlab.datasets._parts import (
    development_part,
    divided_part,
    drawn_part,
    fold,
    held_out,
    part_sizes,
    rows_as_text,
)
from genlab.datasets._sparse import check_dense, for_estimators, sparse_rows
from genlab.datasets._split import split_indices
from genlab.datasets._suspect import warn_of_copies, warn_of_scale
from genlab.datasets._toy_regression import (
    TOY_FUNCTIONS,
    ToyRegression,
    ToySamples,
    make_toy_regression,
)
from genlab.datasets.images import (
    data_home,
    fetch_cifar10,
    fetch_cifar100,
    fetch_mnist,
    load_cifar,
    load_idx,
)
from genlab.datasets.mnist1d import (
    MNIST1D_CLASSES,
    MNIST1DSettings,
    check_mnist1d,
    check_mnist1d_options,
    fresh_mnist1d,
    iter_mnist1d,
    load_mnist1d,
    make_mnist1d,
    mnist1d_stages,
    mnist1d_templates,
    redraw_mnist1d,
    resample_mnist1d,
    write_mnist1d,
)
from genlab.datasets.tables import (
    ALL,
    FileExamples,
    TableEncoder,
    TableOptions,
    TableRows,
    TransformerEncoder,
    load_table,
    read_examples,
    read_rows,
)

__all__ = [
    "ALL",
    "CONTENT",
    "GENERATORS",
    "MNIST1D_CLASSES",
    "TOY_FUNCTIONS",
    "DataSpec",
    "Dataset",
    "Encoder",
    "Examples",
    "FileExamples",
    "LabelNoise",
    "MNIST1DSettings",
    "Split",
    "TableEncoder",
    "TableOptions",
    "TableRows",
    "ToyRegression",
    "ToySamples",
    "TransformerEncoder",
    "check_dense",
    "check_held",
    "check_mnist1d",
    "check_mnist1d_options",
    "contents_of",
    "corrupt_labels",
    "data_home",
    "development_part",
    "divided_part",
    "drawn_part",
    "fetch_cifar10",
    "fetch_cifar100",
    "fetch_mnist",
    "fold",
    "for_estimators",
    "fresh_mnist1d",
    "held_out",
    "iter_mnist1d",
    "kept_names",
    "load_cifar",
    "load_idx",
    "load_mnist1d",
    "load_table",
    "make_mnist1d",
    "make_toy_regression",
    "matched_inputs",
    "mnist1d_stages",
    "mnist1d_templates",
    "open_content",
    "part_sizes",
    "read_examples",
    "read_rows",
    "redraw_mnist1d",
    "resample_mnist1d",
    "rows_as_text",
    "sparse_rows",
    "split_indices",
    "transforms",
    "warn_of_copies",
    "warn_of_scale",
    "write_content",
    "write_mnist1d",
]
