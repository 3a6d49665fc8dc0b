"""A FIX port that the configuration file says other things of than it did: the venue starts, or says what is wrong."""

import re

import pytest

from venue import config
from venue.config import ConfigError

PORT = re.search(r'\[\[port\]\]\nname = "INFX01"\n.*?\n\n', config.sample(), re.DOTALL)[0]


@pytest.fixture
def host_with(host, demo_config):
    """Host a venue, on one directory always, whose port INFX01 has other keys of FIX."""

    def host_with(keys):
        own = f"\n[port.fix]\n{keys}\n\n" if keys else ""
        return host(demo_config((PORT, PORT + own)))

    return host_with


def test_the_day_goes_on_in_another_version_where_its_own_was_taken_from_the_port(host_with, fix):
    venue = host_with('versions = ["FIX.4.2"]')
    client = fix(venue, "INFX01")
    client.logon()
    client.send("D", *client.order("A"))
    assert client.expect("8")[8] == "FIX.4.2"
    client.close()
    venue.wait_for_leavers()
    venue.stop()
    venue = host_with('versions = ["FIX.4.4"]')
    client = fix(venue, "INFX01", version="FIX.4.4")
    assert client.logon(number=3)[34] == "3"
    client.send("F", (11, "B"), (41, "A"), (54, 1), (55, "AAPL"), (60, client.now()), number=4)
    canceled = client.expect("8")
    assert (canceled[8], canceled[39], canceled[41]) == ("FIX.4.4", "4", "A")


def test_while_the_port_still_has_the_version_of_the_day_nobody_logs_on_in_another(host_with, fix):
    venue = host_with('versions = ["FIX.4.2"]')
    client = fix(venue, "INFX01")
    client.logon()
    client.close()
    venue.wait_for_leavers()
    venue.stop()
    client = fix(host_with('versions = ["FIX.4.4", "FIX.4.2"]'), "INFX01", version="FIX.4.4")
    client.send("A", (98, 0), (108, 30), number=2)
    assert client.read_to_end() == []


@pytest.mark.parametrize(("before", "after"), [("", "echo = true"), ("echo = true", "")])
def test_a_port_does_not_begin_or_cease_to_echo(host_with, before, after):
    host_with(before).stop()
    with pytest.raises(ConfigError, match=r"^port\.fix\.echo: INFX01 is there already"):
        host_with(after)
    assert host_with(before).venue.live
