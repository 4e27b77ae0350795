"""Keeps pytest's doctests off the modules that import argilla_server, which only the private venv has."""

collect_ignore = ["app.py", "conditions.py", "prepare.py", "sql_engine.py"]
