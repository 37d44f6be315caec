"""The explorer: pages to play with, in a browser; every quoted number is the library's."""

from genlab._base.lazy import on_first_use

TYPE_CHECKING = False  # `typing` takes longer to import than all else here
if TYPE_CHECKING:
    from genlab.explorer._file import page_file
    from genlab.explorer._numbers import parts_of
    from genlab.explorer._serve import Served, serve, served
    from genlab.explorer._state import State, read_state

__all__ = ["Served", "State", "page_file", "parts_of", "read_state", "serve", "served"]

__getattr__ = on_first_use(
    __name__,
    {
        "_file": ("page_file",),
        "_numbers": ("parts_of",),
        "_serve": ("Served", "serve", "served"),
        "_state": ("State", "read_state"),
    },
)
