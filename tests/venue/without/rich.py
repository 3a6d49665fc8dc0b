"""Stands for a `rich` that is not installed, as with users: here it came with a tool, and structlog loads it whole."""

raise ImportError(__doc__)
