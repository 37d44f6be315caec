"""The layout of a figure: in a narrow column, on a slide, in a paper, as a thumbnail."""

from __future__ import annotations

import copy
import json
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from genlab.charts._still import drawn, picture_size
from genlab.charts._theme import LIGHT

Spec = dict[str, Any]

#: Pixels of a figure for a phone, or for a column of a paper.
NARROW = 344
_CONCATS = ("hconcat", "vconcat", "concat")
# Pixels of a letter of an axis' title and of a panel's, on average.
_LETTER = 6.6
# A panel may become so much narrower, in pixels, before a legend gets fewer columns.
_LEAST_WIDTH = 110
# Names on an axis that have more letters are broken into lines, of about so many.
_LONG_NAME, _NAME_LINE = 18, 14
# Twice the pixels that it is shown at: whole numbers are then exact enough.
_THUMBNAIL = (300, 176)


def views(spec: Spec) -> Iterator[Spec]:
    """The specification and every one within it: panels, facets and layers."""
    yield spec
    parts = [part for name in (*_CONCATS, "layer") for part in spec.get(name, [])]
    for part in [*parts, *([spec["spec"]] if "spec" in spec else [])]:
        yield from views(part)


def shared_data(specs: Mapping[str, Spec]) -> dict[str, Spec]:
    """The specifications, and under "datasets" the rows that they and their layers share, once.

    A number has the six digits that can be seen; configurations are left to the page, but for the
    columns of legends.
    """
    found: dict[str, str] = {}
    shared = {}
    for key, spec in specs.items():
        one = copy.deepcopy(spec)
        legend = one.pop("config", {}).get("legend", {})
        if "columns" in legend:
            one["config"] = {"legend": {"columns": legend["columns"]}}
        for view in views(one):
            if "values" in view.get("data", {}):
                rows = json.dumps(_seen(view["data"]["values"]))
                view["data"] = {"name": found.setdefault(rows, f"rows{len(found)}")}
        shared[key] = one
    return {**shared, "datasets": {name: json.loads(rows) for rows, name in found.items()}}


def _seen(value: Any) -> Any:
    """Values with the digits that can be seen."""
    if isinstance(value, dict):
        return {name: _seen(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_seen(one) for one in value]
    return float(f"{value:.6g}") if isinstance(value, float) else value


def with_numbers(spec: Spec) -> Spec:
    """The figure without layers that have no number to show, such as bands of a single seed.

    A scale of no value at all has no extent, of which Vega warns.
    """
    kept = copy.deepcopy(spec)
    for view in views(kept):
        layers = [part for part in view.get("layer", []) if _has_numbers(part, view)]
        if layers:
            view["layer"] = layers
    return kept


def _has_numbers(layer: Spec, around: Spec) -> bool:
    data: Spec = layer.get("data") or around.get("data") or {}
    if "values" not in data or "layer" in layer:
        return True
    fields = [
        channel["field"]
        for name, channel in layer.get("encoding", {}).items()
        if name in ("x", "y") and channel.get("type") == "quantitative" and "field" in channel
    ]
    return all(any(row.get(field) is not None for row in data["values"]) for field in fields)


def untitled(spec: Spec) -> Spec:
    """The figure without the title of the whole, which a page says in its text."""
    return {name: value for name, value in spec.items() if name != "title"}


class Drawn(NamedTuple):
    """A specification with its picture."""

    spec: Spec
    svg: str
    width: float

    @classmethod
    def of(cls, spec: Spec) -> Drawn:
        """Draw a specification, which takes a tenth of a second."""
        svg = drawn(spec)
        return cls(spec, svg, picture_size(svg)[0])


def narrow(full: Drawn, width: float = NARROW) -> Drawn:
    """The figure in a narrow column: panels below each other, legends in few columns.

    What cannot become as narrow as `width`, in pixels, is as narrow as it can. `full` stays as it
    is.
    """
    stacked = copy.deepcopy(full.spec)
    # What stands beside the panels, such as axes, takes as much room as it does in the full figure.
    beside = (full.width - _panels_width(full.spec)) / _in_a_row(full.spec)
    for view in views(stacked):
        _stack(view, width)
        if _is_number(view.get("width")):
            view["width"] = min(view["width"], max(round(width - beside), _LEAST_WIDTH))
    tried: list[Drawn] = []
    for columns in (None, 2, 1):
        one = copy.deepcopy(stacked)
        if columns is not None:
            _legend_columns(one, columns)
        _wrap(one, width)
        tried.append(Drawn.of(one))
        # Narrower panels help until a legend is what is too wide.
        before = float("inf")
        while width < tried[-1].width < before:
            before = tried[-1].width
            one = copy.deepcopy(one)
            if not _shrunk(one, before - width):
                break
            tried.append(Drawn.of(one))
        if tried[-1].width <= width:
            return tried[-1]
    return min(tried, key=lambda one: one.width)


def _in_a_row(spec: Spec) -> int:
    """How many panels stand beside each other."""
    if "hconcat" in spec:
        return sum(_in_a_row(part) for part in spec["hconcat"])
    return max((_in_a_row(part) for part in spec.get("vconcat", [])), default=1)


def _panels_width(spec: Spec) -> float:
    """Pixels of the panels that stand beside each other."""
    if "hconcat" in spec:
        return sum(_panels_width(part) for part in spec["hconcat"])
    own = spec["width"] if _is_number(spec.get("width")) else 0.0
    return max((_panels_width(part) for part in spec.get("vconcat", [])), default=own)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float))


def _stack(view: Spec, width: float) -> None:
    """The panels of a view below each other, or as many of a facet's in a row as there is room."""
    if "hconcat" in view:
        view["vconcat"] = view.pop("hconcat")
        view.pop("spacing", None)
        for panel in view["vconcat"][1:]:
            _with_own_axis(panel, view["vconcat"][0])
    if "concat" in view:
        view["columns"] = 1
    facet = view.get("facet", {})
    if "column" in facet and "row" not in facet:
        panel, column = view["spec"], facet["column"]
        names = {str(row[column["field"]]) for row in view.get("data", {}).get("values", [])}
        room = max(map(len, names), default=0) * _LETTER
        view["facet"] = column
        view["columns"] = 5 if room < width / 5 - 16 else 3
        view.pop("bounds", None)
        view["spacing"] = 8
        share = min(panel["width"], width / view["columns"] - 16) / panel["width"]
        panel.update({name: round(panel[name] * share) for name in ("width", "height")})


def _with_own_axis(panel: Spec, first: Spec) -> None:
    """A panel that stood beside the first one, and left the names on the y axis to it."""
    titles = [channel["title"] for channel in _channels(first, "y") if channel.get("title")]
    for channel in _channels(panel, "y"):
        axis = channel.get("axis", {})
        if axis is not None and axis.get("labels") is False:
            del axis["labels"]
        if titles and axis is not None and channel.get("title", "") is None:
            channel["title"] = titles[0]


def _shrunk(spec: Spec, excess: float) -> bool:
    """Whether the widest panels could be made narrower by so many pixels; they then are."""
    sized = [view for view in views(spec) if _is_number(view.get("width"))]
    widest = max((view["width"] for view in sized), default=0)
    if widest - excess < _LEAST_WIDTH:
        return False
    for view in sized:
        view["width"] = min(view["width"], widest - excess)
    return True


def _legend_columns(spec: Spec, columns: int) -> None:
    config = spec["config"]
    spec["config"] = {**config, "legend": {**config["legend"], "columns": columns}}
    for channel in _channels(spec, None):
        if channel.get("legend") and channel["legend"].get("columns", columns) > columns:
            channel["legend"]["columns"] = columns


def _channels(spec: Spec, name: str | None) -> Iterator[Spec]:
    """The encodings of a channel in all views; None takes all channels."""
    for view in views(spec):
        for channel, encoding in view.get("encoding", {}).items():
            if isinstance(encoding, dict) and name in (None, channel):
                yield encoding


def broken(text: Any, room: float, letter: float = _LETTER) -> Any:
    """Text in lines that have room in so many pixels, `letter` a letter; lists as they are."""
    if not isinstance(text, str) or len(text) * letter <= room:
        return text
    return textwrap.wrap(text, max(12, int(room / letter)), break_long_words=False)


def _wrap(spec: Spec, width: float) -> None:
    """Break titles of axes and panels into lines."""
    for view, height, rows in _with_context(spec):
        for name in ("x", "y"):
            channel = view.get("encoding", {}).get(name, {})
            if "title" in channel:
                channel["title"] = broken(channel["title"], width - 70 if name == "x" else height)
            axis = channel.get("axis", {})
            if axis is not None and name == "x" and "tickCount" in axis:
                axis["tickCount"] = min(axis["tickCount"], 4)
            if axis is not None and name == "y" and channel.get("type") == "nominal":
                _break_names(channel, rows)
        title = view.get("title")
        if isinstance(title, dict):
            for part in ("text", "subtitle"):
                lines = title.get(part)
                if isinstance(lines, list):
                    lines = " ".join(lines)
                if lines:
                    title[part] = broken(lines, width - 20)


def _break_names(channel: Spec, rows: Sequence[Any]) -> None:
    """Break long names on an axis into lines."""
    names = {row[channel["field"]] for row in rows if channel.get("field") in row}
    names |= set(channel.get("sort") or ()) | set((channel.get("scale") or {}).get("domain", ()))
    lines = {
        name: textwrap.wrap(name, _NAME_LINE)
        for name in sorted(name for name in names if isinstance(name, str))
        if len(name) > _LONG_NAME
    }
    if lines:
        expression = f"{json.dumps(lines)}[datum.value] || datum.label"
        channel["axis"] = {**channel.get("axis", {}), "labelExpr": expression}


def _with_context(
    view: Spec, height: float = 300, rows: Sequence[Any] = ()
) -> Iterator[tuple[Spec, float, Sequence[Any]]]:
    """The views within one, each with the height and the rows that it may have from around it."""
    if _is_number(view.get("height")):
        height = view["height"]
    rows = view.get("data", {}).get("values", rows)
    yield view, height, rows
    parts = [part for name in (*_CONCATS, "layer") for part in view.get(name, [])]
    for part in [*parts, *([view["spec"]] if "spec" in view else [])]:
        yield from _with_context(part, height, rows)


def larger(spec: Spec, factor: float) -> Spec:
    """The figure with text, lines and dots larger by a factor, relative to its panels.

    The panels become smaller, for a picture that is then enlarged as a whole.
    """
    scaled = copy.deepcopy(spec)
    for view in views(scaled):
        for name in ("width", "height"):
            if _is_number(view.get(name)):
                view[name] = round(view[name] / factor)
    return scaled


def thumbnail(spec: Spec) -> Spec:
    """The first panel without any text, to recognise the figure by."""
    one = untitled(copy.deepcopy(spec))
    while name := next((name for name in _CONCATS if name in one), None):
        inherited: Spec = {key: one[key] for key in ("config", "data", "datasets") if key in one}
        one = untitled({**inherited, **one[name][0]})
    width, height = _THUMBNAIL
    if "facet" in one:
        one["facet"] = {**one["facet"].get("column", one["facet"]), "header": None}
        one.update(columns=5, spacing=8)
        one["spec"].update(width=width // 5 - 8, height=height // 2 - 8)
    else:
        one.update(width=width, height=height)
    for view in views(one):
        view.pop("params", None)
        view["layer"] = [part for part in view.get("layer", []) if _is_seen(part)]
        if not view["layer"]:
            del view["layer"]
        encoding = view.get("encoding", {})
        for name in ("tooltip", "href", "description"):
            encoding.pop(name, None)
        for name, channel in encoding.items():
            if isinstance(channel, dict):
                channel.update({"axis": None} if name in ("x", "y") else {"legend": None})
        if isinstance(view.get("mark"), dict):
            for name, factor in (("size", 4), ("strokeWidth", 2)):
                if name in view["mark"]:
                    view["mark"][name] *= factor
    one["config"] = {
        **one.get("config", {}),
        "padding": 2,
        "legend": {"disable": True},
        "view": {"stroke": LIGHT["grid"], "strokeWidth": 2},
        "line": {"strokeWidth": 4},
        **{kind: {"size": 240} for kind in ("circle", "point", "square")},
    }
    return one


def _is_seen(view: Spec) -> bool:
    """Whether a layer is neither text nor seen under a pointer only."""
    mark = view.get("mark")
    kind = mark.get("type") if isinstance(mark, dict) else mark
    return kind != "text" and "'param'" not in str(view.get("encoding"))
