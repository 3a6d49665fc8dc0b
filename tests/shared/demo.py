"""The demo's market, or that of another configuration file, as the command that puts it in force."""

from functools import cache

from venue import config, reference


@cache
def market(profile=None):
    """Give the command; a file is read once a run, as thousands of tests begin with it."""
    return reference.market_command(config.parse(profile or config.sample()))
