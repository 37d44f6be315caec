"""`python -m genlab` is `genlab`. A Ctrl-C is heeded before anything else is imported."""

from genlab._base import signals

signals.end_on_signals()


def main() -> None:
    """Run the command line, and end this process."""
    import sys

    status: object = 1
    try:
        from genlab.cli import main as run

        run()
    except SystemExit as ended:
        status = ended.code
    except BaseException:
        import traceback

        from genlab._base.texts import without_passwords

        print(without_passwords(traceback.format_exc()), end="", file=sys.stderr)
    signals.leave(status if isinstance(status, int) else 0)


if __name__ == "__main__":
    main()
