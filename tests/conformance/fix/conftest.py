"""What tests of the FIX suites share: a demo venue with a port for each version, and one with risk rules."""

import pytest

PORT = """
[[port]]
name = "{name}"
mpid = "{mpid}"
service = "{service}"
"""
RULE = """
[[rule]]
type = "{kind}"
exchange = "NASDAQ"
mpid = "INET"
port = "INFX30"
{more}
"""
PORTS = [
    *((name, "INET", "fix.nasdaq") for name in ("INFX30", "INFX40", "INFX41", "INFX44")),
    *((name, "AKAM", "fix.nasdaq") for name in ("AKFX40", "AKFX41", "AKFX44")),
    *((name, name[:4], "fix.nordic") for name in ("GP29F2", "GP29F4", "GP30F2", "GP30F4")),
]
RULES = [
    ("max-shares", "settings = { limit = 5000 }"),
    ("restricted-stock", 'symbols = ["AMD"]\nsettings = { enabled = true }'),
]


@pytest.fixture(scope="module")
def more_configuration():
    ports = [PORT.format(name=name, mpid=mpid, service=service) for name, mpid, service in PORTS]
    return "".join([*ports, *(RULE.format(kind=kind, more=more) for kind, more in RULES)])
