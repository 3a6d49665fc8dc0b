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
