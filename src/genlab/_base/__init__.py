"""What every room may use: checks, specs and their identity, random streams, errors, files."""
