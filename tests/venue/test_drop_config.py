"""What a configuration may say of Drop ports, and of orders that end with their connection."""

import pytest

from venue import config as configuration
from venue.config import ConfigError
from venue.reference import market_command

PORT = 'service = "ouch.nasdaq"\npassword = "NTFTEST"\n\n[[port]]\nname = "IN24T4"'


def test_orders_that_end_with_the_connection_are_a_ports_own_choice(demo_config):
    config = demo_config((PORT, f"cancel_on_disconnect = true\n{PORT}"))
    chosen = {entry.name for entry in market_command(config).ports if entry.cancel_on_disconnect}
    assert chosen == {"IN19T6"}


@pytest.mark.parametrize(
    "line", ['drop_ports = ["IN24T4"]', "include_rejects = true", 'guards = ["GP29P1"]', "guard_on_restart = false"]
)
def test_what_is_for_drop_ports_stands_with_no_other(line):
    text = configuration.sample()
    assert PORT in text
    with pytest.raises(ConfigError, match=r"port\[0\]\.\w+: this key is for Drop ports only") as fault:
        configuration.parse(text.replace(PORT, f"{line}\n{PORT}"))
    assert fault.value.key == f"port[0].{line.split()[0]}"


@pytest.mark.parametrize("service", ["fix", "ouch"])
def test_such_orders_end_when_the_connection_does_over_fix_as_over_ouch(host, demo_config, connect, fix, service):
    fix_port = 'name = "INFX01"\nmpid = "INET"\nservice = "fix.nasdaq"\n'
    changes = (PORT, f"cancel_on_disconnect = true\n{PORT}"), (fix_port, f"{fix_port}cancel_on_disconnect = true\n")
    venue = host(demo_config(*changes))
    if service == "fix":
        client = fix(venue, "INFX01")
        client.logon()
        client.send("D", *client.order("A"))
        client.expect("8")
    else:
        client = connect(venue, name="IN19T6")
        client.enter(1)
        client.settle()
    assert len(venue.ask("orders").body["items"]) == 1
    client.close()
    venue.wait_for_leavers()
    assert venue.ask("orders").body["items"] == []


@pytest.mark.parametrize(
    ("lines", "key"),
    [
        ('drop_ports = ["GP29F1"]', "drop_ports[0]"),
        ('drop_ports = ["INDRP1"]', "drop_ports[0]"),
        ('drop_ports = ["NOPORT"]', "drop_ports[0]"),
        ('guards = ["GP29P1"]', "guards[0]"),
        ("cancel_on_disconnect = true", "cancel_on_disconnect"),
        ('aiq_strategy = "D"', "aiq_strategy"),
        ("[port.fix]\necho = true", "fix.echo"),
    ],
)
def test_what_makes_no_sense_on_a_drop_port_is_refused_by_its_key(lines, key):
    service = 'service = "drop.us"\n'
    with pytest.raises(ConfigError) as fault:
        configuration.parse(configuration.sample().replace(service, f"{service}{lines}\n"))
    assert fault.value.key.endswith(key)


def test_a_guarded_account_must_be_there():
    text = configuration.sample().replace('guards = ["GP29P1"]', 'guards = ["GP29XX"]')
    with pytest.raises(ConfigError, match=r"guards\[0\]: there is no \[\[account\]\] GP29XX"):
        configuration.parse(text)
