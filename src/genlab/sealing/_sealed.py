"""Sealed test sets: train on one set, choose on a second, open the third once."""

from __future__ import annotations

import hashlib
import weakref
from collections import Counter
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np
from jaxtyping import Float, Int

from genlab._base.arrays import is_sparse
from genlab._base.errors import SealedError, StoreError
from genlab.datasets import Dataset, sparse_rows, warn_of_copies
from genlab.measure import evaluate
from genlab.sealing._opening import Opening, loss_result, regression_result
from genlab.sealing._openings import OpeningRow, Openings, present_contents
from genlab.sweep import Store, StoreLike, opened_store

if TYPE_CHECKING:
    from genlab.training import Predictions, Predictor

# Number of training examples that a model is tried on before the test set is opened.
_TRIED_ON = 20
_AT_ONCE = 1000


def seal(data: Dataset, store: StoreLike = None) -> tuple[Dataset, SealedTestSet]:
    """Split a data set into development data and a test set that is opened once.

    Parameters
    ----------
    data
        A Dataset with test examples. It still holds them: give its name to the first
        of what is returned. A `DataWarning` counts those that copy a training example.
    store
        Where openings are recorded: a Store, a database's URL or a SQLite file's path;
        None takes `default_store_url`. Another store knows nothing of this one's openings.

    Returns
    -------
    development : Dataset
        `data.without_test()`: what `train` and `select` accept.
    sealed : SealedTestSet
        The test examples, on which `open` evaluates a model.

    Raises
    ------
    StoreError
        Where the store cannot be reached.
    TypeError, ValueError
        Where `data` is no Dataset or has no test examples, or the store is a URL of one in memory.

    >>> from genlab.datasets import make_mnist1d
    >>> from genlab.sweep import Store
    >>> with Store("sqlite://") as store:
    ...     data, sealed = seal(make_mnist1d(n_samples=100), store)
    >>> data.n_train, data.n_test, sealed.n
    (80, 0, 20)
    """
    if not isinstance(data, Dataset):
        raise TypeError(f"`data` must be a Dataset, got {type(data).__name__}.")
    if data.n_test == 0:
        raise ValueError(f"`data` must have test examples to seal, got {data!r}.")
    warn_of_copies(data)
    return data.without_test(), SealedTestSet(data, store)


def sealed_openings(store: StoreLike = None) -> list[Opening]:
    """All openings that a store knows of, those of one test set together.

    `store` is what `seal` takes.
    """
    with opened_store(store, patient=False) as opened:
        return _openings(Openings(opened).read())


class SealedTestSet:
    """The test examples of a data set, which `open` evaluates one model on, once.

    Made by `seal`. An opening is written to the store before the evaluation: two processes cannot
    both be the first, and an evaluation that fails still counts as an opening. A test set is
    recognised by the hash of its content, so neither a new object nor another training set closes
    it again. The seal protects against mistakes, not against intent: a user can still read the
    examples elsewhere, or delete the store.

    Two test sets have the same content where they hold the same labels with the same inputs
    once each input is rounded to float32, and so is the target of a regression: see
    `fingerprint`.
    """

    def __init__(self, data: Dataset, store: StoreLike = None) -> None:
        self._x, self._y = data.x_test, data.y_test
        self._n_classes = data.n_classes if data.task == "classification" else None
        self._tried_on = data.x_train[:_TRIED_ON]
        self._fingerprint = _fingerprint(self._x, self._y)
        # Stores written before hashed inputs as float64, which is the same for float32 inputs.
        former = _fingerprint(self._x, self._y, rounded=False)
        self._before = None if former == self._fingerprint else former
        self._owned = not isinstance(store, Store)
        self._store = store if isinstance(store, Store) else Store(store)
        if self._owned:
            weakref.finalize(self, self._store.close)
            if self._store.in_memory:
                raise ValueError(
                    "`store` must be a file or a database, because a store in memory forgets what "
                    f"was opened; got {self._store.url}."
                )
        self._read()  # a store that cannot be reached is reported now

    @property
    def n(self) -> int:
        """Number of test examples."""
        return len(self._y)

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the examples' content, in hexadecimal.

        Of the sorted hashes of each example's inputs, rounded to float32 and flattened, and
        label, or target rounded likewise. The order of the examples, the shape of one and
        whether inputs are kept as float64 or float32 change nothing, nor does the number of
        classes, which training labels may decide. −0 is 0, and an input too large for float32
        is not rounded. Of sparse inputs the hash is of what is not 0, so that the same inputs
        kept dense are another content.

        It recognises exact copies only. A part of the test set is another content, and so
        are its inputs scaled, in another order, or kept with fewer digits than float32 has (as
        float16, or as text of 6 digits). An input changed by less than float32's rounding (6e-8
        of its value) usually goes unnoticed; it makes another content where it crosses from one
        float32 number to the next. One of 40,000 inputs does so in a third of cases where all
        change by 1e-12 of their value, and hardly ever where they change by 1e-16.
        """
        return self._fingerprint

    @property
    def openings(self) -> tuple[Opening, ...]:
        """The openings of this content so far, from the store, each with its present intervals."""
        return tuple(_openings(self._read(), self.fingerprint))

    def open(self, model: Any, *, reason: str) -> Opening:
        """Evaluate a model on the test examples, for the first and only time.

        Before anything is opened the model is tried on 20 training examples, so that one of
        the wrong shape does not use the opening up.

        Parameters
        ----------
        model
            A `SavedModel`, a `History` of one seed, a trained Equinox module (one example to
            its logits; the loss is that of their softmax), a fitted scikit-learn estimator, or
            any object with `predict(x)` that returns one label per example, and
            `predict_proba(x)` where it gives probabilities. An estimator of flat inputs is
            given flat ones. For a regression one that predicts one number per example.
        reason
            Why the test set is opened, in one line: it is recorded and quoted.

        Raises
        ------
        SealedError
            Where it was opened before, quoting the first opening, or where the evaluation
            failed once it was open.
        StoreError
            Where the store fails: before the opening is written down nothing is opened, after
            it the opening has no result.
        TypeError, ValueError
            Where `reason` is empty or `model` is not such a model: not opened either.
        """
        return self._opened(model, reason, again=False)

    def reopen(self, model: Any, *, reason: str) -> Opening:
        """Evaluate a model on test examples that were opened before: a breach, and counted.

        Every interval of every opening is then wider, and every report says so: see
        `Opening`. Parameters and errors as of `open`; SealedError where it was never opened.
        """
        return self._opened(model, reason, again=True)

    def _opened(self, model: Any, reason: str, *, again: bool) -> Opening:
        from genlab.training import as_predictor  # with JAX, which a list of openings does not need

        reason = _checked_reason(reason)
        self._refuse(self._read(), again)
        try:
            ask = as_predictor(model, tuple(self._x.shape[1:]), self._n_classes)
            ask(self._tried_on)
        except Exception as error:
            error.add_note("This was found on training examples: the test set was not opened.")
            raise
        row = self._claim(ask, reason, again)
        try:
            answers = ask(self._x)
        except Exception as error:
            raise SealedError(
                f"opening {row.number} of the test set {self.fingerprint[:12]} has no result, for "
                f"its evaluation failed ({type(error).__name__}: {error}); `reopen` opens it "
                "again, counted."
            ) from error
        try:
            Openings(self._store).finish(row, self._result(answers))
        finally:
            self._let_go()
        rows = self._read()
        place = [(kept.content, kept.number) for kept in rows].index((row.content, row.number))
        return _openings(rows, self.fingerprint)[place]

    def _result(self, answers: Predictions) -> dict[str, Any]:
        if self._n_classes is None:
            return regression_result(self._y, answers.predicted)
        evaluation = evaluate(self._y, answers.predicted, answers.log_probabilities)
        losses = loss_result(evaluation.losses, self.fingerprint)
        return {"n_wrong": evaluation.n_wrong, **losses}

    def _claim(self, ask: Predictor, reason: str, again: bool) -> OpeningRow:
        try:
            row = Openings(self._store).claim(
                self.fingerprint,
                n=self.n,
                model=ask.description,
                by=ask.by,
                reason=reason,
                again=again,
                before=self._before,
            )
        finally:
            self._let_go()
        if row is None:
            self._refuse(self._read(), again)
        assert row is not None
        return row

    def _refuse(self, rows: list[OpeningRow], again: bool) -> None:
        """SealedError where a first opening is not the first, or another has none before it."""
        name = f"the test set {self.fingerprint[:12]} of {self.n:,} examples"
        if rows and not again:
            first = _openings(rows, self.fingerprint)[0]
            raise SealedError(
                f"{name} was {first.description}: {first.sentence}; `reopen` opens it again, "
                "counted, with wider intervals."
            )
        if again and not rows:
            raise SealedError(f"{name} was never opened: `open` comes first.")

    def _read(self) -> list[OpeningRow]:
        try:
            return Openings(self._store).read(self.fingerprint, self._before)
        finally:
            self._let_go()

    def _let_go(self) -> None:
        """Keep no connection between uses: a forked process must not share one."""
        if self._owned:
            self._store.close()

    def __reduce_ex__(self, protocol: Any) -> NoReturn:
        raise TypeError("a SealedTestSet is neither pickled nor copied: seal the data set again.")

    def _state(self) -> str:
        try:
            openings = self.openings
        except StoreError as error:
            return str(error)
        return openings[-1].sentence if openings else "not opened"

    def __repr__(self) -> str:
        return f"SealedTestSet({self.fingerprint[:12]}, {self.n:,} examples: {self._state()})"

    def _repr_html_(self) -> str:
        head = f"<p>Sealed test set {self.fingerprint[:12]}, {self.n:,} examples</p>"
        try:
            openings = self.openings
        except StoreError as error:
            return f"{head}<p>{error}</p>"
        return head + ("".join(o._repr_html_() for o in openings) or "<p>not opened</p>")


def _openings(rows: list[OpeningRow], content: str | None = None) -> list[Opening]:
    """The openings that rows describe, numbered and counted over all hashes of one test set.

    With `content` all rows are of that test set.
    """
    contents = present_contents(rows) if content is None else [content] * len(rows)
    counts, numbers = Counter(contents), Counter[str]()
    openings = []
    for row, content in zip(rows, contents, strict=True):
        numbers[content] += 1
        number, n_openings = numbers[content], counts[content]
        openings.append(Opening._of(row, n_openings, fingerprint=content, number=number))
    return openings


def _checked_reason(reason: str) -> str:
    if not isinstance(reason, str):
        raise TypeError(f"`reason` must be a text, got {reason!r}.")
    line = " ".join(reason.split())
    if not line or not line.isprintable():
        raise ValueError(f"`reason` must be a line that says why it is opened, got {reason!r}.")
    return line


def _fingerprint(
    x: Float[np.ndarray, "n ..."],
    y: Int[np.ndarray, " n"] | Float[np.ndarray, " n"],
    *,
    rounded: bool = True,
) -> str:
    if is_sparse(x):
        return _sparse_fingerprint(x, y)
    hashes = []
    for start in range(0, len(x), _AT_ONCE):
        part = x[start : start + _AT_ONCE].reshape(-1, x[0].size)
        part = (_as_float32(part) if rounded else part).astype("<f8")
        part += 0.0  # −0 is 0
        targets = _hashed_targets(y[start : start + _AT_ONCE])
        hashes += [
            hashlib.sha256(row.tobytes() + target.tobytes()).digest()
            for row, target in zip(part, targets, strict=True)
        ]
    return _of_hashes(hashes)


def _sparse_fingerprint(x: Any, y: Int[np.ndarray, " n"] | Float[np.ndarray, " n"]) -> str:
    near = type(x)((_as_float32(x.data).astype("<f8"), x.indices, x.indptr), shape=x.shape)
    width = x.shape[1].to_bytes(8, "little")
    return _of_hashes(
        [
            hashlib.sha256(b"".join((width, *(a.tobytes() for a in (*row, target))))).digest()
            for row, target in zip(sparse_rows(near), _hashed_targets(y), strict=True)
        ]
    )


def _hashed_targets(
    y: Int[np.ndarray, " n"] | Float[np.ndarray, " n"],
) -> Int[np.ndarray, " n"] | Float[np.ndarray, " n"]:
    """Labels as they are, and targets of a regression to float32's precision; −0 is 0."""
    return y.astype("<i8") if y.dtype.kind in "iu" else _as_float32(y).astype("<f8") + 0.0


def _of_hashes(hashes: list[bytes]) -> str:
    whole = hashlib.sha256(f"genlab sealed test set {len(hashes)}".encode())
    for one in sorted(hashes):
        whole.update(one)
    return whole.hexdigest()


def _as_float32(x: Float[np.ndarray, "n ..."]) -> Float[np.ndarray, "n ..."]:
    """Numbers to float32's precision; those beyond its largest number as they are."""
    with np.errstate(over="ignore"):
        near = x.astype(np.float32)
    return np.where(np.isinf(near), x, near)
