"""What the four stages share: rows, datasets, steps, recipes, the runner and the command line."""

__version__ = "0.1.0"
