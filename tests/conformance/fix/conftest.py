"""What tests of the FIX suites share: a demo venue with a port for each version, for waiting, and with risk rules."""

import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parent))
pytest.register_assert_rewrite("lies")

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
port = "{port}"
{more}
"""
ECHO = """
[port.fix]
echo = true
reset_on_logon = true
any_version = true
validation = "strict-all"
"""
ECHOES = {"fix.nasdaq": ("FXT3", "FXT4", "FXT5"), "fix.nordic": ("FXT6", "FXT7", "FXT8")}
NEXT_EXPECTED = """
[port.fix]
next_expected = true
"""
RESET = "reset_on_logon = true\n"
PORTS = [
    *((name, "INET", "fix.nasdaq") for name in ("INFX30", "INFX31", "INFX40", "INFX41", "INFX44")),
    *((name, "AKAM", "fix.nasdaq") for name in ("AKFX40", "AKFX41", "AKFX44")),
    *((name, name[:4], "fix.nordic") for name in ("GP29F2", "GP29F4", "GP30F2", "GP30F4")),
]
RULES = [
    ("INFX30", "max-shares", "settings = { limit = 5000 }"),
    ("INFX30", "max-notional", "settings = { limit = 1000000 }"),
    ("INFX30", "restricted-stock", 'symbols = ["AMD"]\nsettings = { enabled = true }'),
    ("INFX30", "fat-finger", f"[rule.settings]\nranges = [{'{ percent = 10 },' * 6}]"),
    ("INFX31", "order-rate", "settings = { maxPortMessages = 3, portWindow = 1 }"),
]


@pytest.fixture(scope="module")
def more_configuration():
    ports = [PORT.format(name=name, mpid=mpid, service=service) for name, mpid, service in PORTS]
    ports += [
        PORT.format(name=name, mpid="GP30" if service == "fix.nordic" else "AKAM", service=service) + ECHO
        for service, names in ECHOES.items()
        for name in names
    ]
    ports += [
        PORT.format(name=name, mpid=name[:4], service=service) + NEXT_EXPECTED + (RESET if name.endswith("1") else "")
        for name, service in (
            *(("INETN1", "fix.nasdaq"), ("INETN2", "fix.nasdaq")),
            *(("GP30N1", "fix.nordic"), ("GP29N2", "fix.nordic")),
        )
    ]
    return "".join([*ports, *(RULE.format(port=port, kind=kind, more=more) for port, kind, more in RULES)])
