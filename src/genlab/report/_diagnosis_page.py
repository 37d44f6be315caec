"""The folder of a diagnosis: its page, numbers, tables and figures."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from genlab._base.environment import machine
from genlab._base.files import write_whole
from genlab._base.jsons import Row, finite, in_lines
from genlab._base.version import __version__
from genlab._base.words import percent
from genlab.report._pictures import said, shown, write_figures, write_library
from genlab.report._render import render
from genlab.report._section import section_of
from genlab.report._write import to_csv

if TYPE_CHECKING:
    from genlab.charts import Figure
    from genlab.studies import Diagnosis, Part

RESULTS, PAGE = "diagnosis.json", "index.html"
_HEADING = "How well does the model do, why, and what would help?"
_TITLES = {
    "how well": "How well",
    "more data": "More data",
    "capacity": "Capacity",
    "why": "Why",
    "probabilities": "Probabilities",
    "choosing": "Choosing",
}
# Tables that a figure shows are closed; others are open where they have at most so many rows.
_DRAWN = {
    *("standing", "test", "learning", "forecast", "backtests", "capacity", "position"),
    *("parts", "reliability", "choosing"),
}
_SMALL = 12
_FRACTIONS = "Errors are fractions; low and high are the ends of 95% intervals."
# Table -> beginnings of the columns that the page leaves out, and the file holds.
_HIDDEN = {"biased_rows": ("variance", "loss"), "varying_rows": ("bias", "loss")}
# Table -> what one row is.
_ABOUT = {
    "standing": "One row per model; difference is its error minus that of the diagnosed model. "
    + _FRACTIONS,
    "test": f"The test set, opened once. {_FRACTIONS}",
    "learning": f"One row per error and number of training examples. {_FRACTIONS}",
    "forecast": f"One row per number of training examples beyond those available. {_FRACTIONS}",
    "backtests": "One row per forecast from a smaller number of these examples, with the error "
    "that was then measured; held says whether the interval contains it. "
    f"{_FRACTIONS}",
    "capacity": (
        "One row per error and value of the parameter; own marks the model as it was "
        f"given. {_FRACTIONS}"
    ),
    "position": "Where the model stands on the curve; gain is how much lower its error is with the "
    f"value that other folds choose. {_FRACTIONS}",
    "parts": "One row per part of the loss; low and high are the ends of 95% intervals over fits.",
    "reliability": "One row per bin of confidence; low and high are the ends of the 95% interval "
    "of the accuracy.",
    "biased_rows": "Rows of the table, counted from 0, on which the fits agree and are wrong, the "
    "most certain first: main is the prediction that most fits make, share the "
    "fraction of the fits that make it.",
    "varying_rows": "Rows of the table, counted from 0, on which the fits disagree, the most "
    "certain first.",
    "regions": "Regions of the inputs with a higher loss than elsewhere, measured on rows that "
    "were not used to find them.",
    "suspects": "Rows of the table, counted from 0, whose target looks wrong: look at them before "
    "you trust it.",
    "calibration": "Measures of the predicted probabilities; low and high are the ends of 95% "
    "intervals.",
    "choosing": (
        "The lowest error, the error on examples that were not used for the choice "
        f"(honest), and their difference (optimism). {_FRACTIONS}"
    ),
}


def write_diagnosis(diagnosis: Diagnosis, out: Path, command: str = "") -> Path:
    """Write page, numbers, tables and figures under `out`, made if need be; the page's path.

    `command` is what makes the page again; "" names the call in Python.
    """
    out.mkdir(parents=True, exist_ok=True)
    command = command or f"genlab.diagnose(model, data, seed={diagnosis.seed})"
    tables = finite(diagnosis.tables)
    for name, rows in tables.items():
        write_whole(out / f"{_file(name)}.csv", to_csv(rows).encode())
    drawn = diagnosis.figures()
    write_figures(list(drawn.values()), out)
    write_library(out)
    text = in_lines(finite(diagnosis.to_dict()))
    write_whole(out / RESULTS, text.encode())
    numbers = {name: i for i, name in enumerate(drawn, 1)}
    sections = [
        _section(
            diagnosis,
            part,
            [shown(said(drawn[part.name]), out, number=numbers[part.name])]
            if part.name in drawn
            else [],
            command,
        )
        for part in diagnosis.parts
    ]
    lead = _lead(diagnosis, numbers, drawn)
    page = render("result.html", title=_HEADING, sections=sections, lead=lead)
    write_whole(out / PAGE, page.encode())
    return out / PAGE


def _file(name: str) -> str:
    return name.replace(" ", "-")


def _lead(
    diagnosis: Diagnosis, numbers: dict[str, int], drawn: dict[str, Figure]
) -> dict[str, Any]:
    """What stands at the top: the error beside the simple models', and the advice."""
    roles = {"asked": diagnosis.model, "linear": "linear model", "trivial": "trivial model"}
    rows = {row["role"]: row for row in diagnosis.part("how well").tables["standing"]}
    tiles = [_tile(rows[role], name) for role, name in roles.items()]
    for row in diagnosis.part("how well").tables.get("test", []):
        tiles.insert(1, _tile(row, "the same, on the test set"))
    advice = []
    for one in diagnosis.advice:
        number = numbers.get(one.part)
        link = None
        if number is not None:
            anchor = f"{_file(one.part)}--{drawn[one.part].name}"
            link = {"number": number, "anchor": anchor}
        advice.append({"sentence": one.sentence.removesuffix("."), "link": link})
    return {
        "about": (
            f"{diagnosis.model}, {diagnosis.task}, {diagnosis.n_train:,} training examples"
            + (f" and {diagnosis.n_test:,} test examples." if diagnosis.n_test else ".")
        ),
        "measure": {
            "classification": "Error: the fraction of examples misclassified, with its 95% "
            "interval.",
            "regression": "Error: the fraction of the target's variance that is left unexplained, "
            "with its 95% interval. 100% is as bad as always predicting the mean.",
        }[diagnosis.task],
        "tiles": tiles,
        "advice": advice,
        "remark": diagnosis.remark,
        "notes": diagnosis.notes,
    }


def _shown(name: str, rows: list[Row]) -> list[Row]:
    """The rows with the columns that are shown."""
    hidden: tuple[str, ...] = _HIDDEN.get(name, ())
    if hidden and rows and "share" in rows[0]:
        hidden = ("bias", "variance", "loss")  # of classes the share says it all
    return [{c: value for c, value in row.items() if not c.startswith(hidden)} for row in rows]


def _tile(row: Row, name: str) -> dict[str, str]:
    value, _, ends = percent(row).partition(" ")
    return {"name": name, "value": value.removesuffix("%") + "%", "ends": ends.removesuffix("%")}


def _section(
    diagnosis: Diagnosis,
    part: Part,
    figures: list[dict[str, Any]],
    command: str,
) -> dict[str, Any]:
    tables = {_file(name): _shown(name, rows) for name, rows in finite(part.tables).items()}
    result = {
        "answer": part.answer or f"Not measured. {part.skipped}",
        "notes": part.notes,
        "published": [],
        "seconds": diagnosis.seconds,
        "version": __version__,
    }
    return section_of(
        result,
        figures,
        tables,
        anchor=_file(part.name),
        title=_TITLES.get(part.name, part.name.capitalize()),
        question=part.question,
        command=command,
        facts={"seed": diagnosis.seed, "effort": f"{diagnosis.level} of 5"},
        numbers=RESULTS,
        schema={name: {"about": about, "columns": {}} for name, about in _ABOUT.items()},
        machine=machine(),
        opened=[n for n, rows in tables.items() if n not in _DRAWN and len(rows) <= _SMALL],
    )
