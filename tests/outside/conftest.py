"""What lies here is an installed package, for `sweep/test_identity.py`; it holds no tests."""

collect_ignore = ["outside_lab"]
