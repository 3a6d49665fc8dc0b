"""What a configuration may say of market data on the wire, and which key is to blame where it cannot be."""

import pytest

from venue import access, config
from venue.config import ConfigError

READER = '[[subscriber]]\nname = "ITCH01"\npassword = "NTFTEST"\n'
MARKET = 'protocol = "itch-5.0-us"\nmarket = "nasdaq"\n'
MOLD = MARKET + 'mold = { address = "%s", port = %s }\n'
BAD = [
    (MARKET, 'protocol = "itch-5.0-us"\n', "service[{itch}].market"),
    (MARKET, MARKET.replace("nasdaq", "nordic"), "service[{itch}].market"),
    (MARKET, MARKET.replace("nasdaq", "nyse"), "service[{itch}].market"),
    ('protocol = "glimpse-5.0-us"', 'protocol = "itch-5.0-us"', "service[{glimpse}].protocol"),
    (MARKET, MOLD % ("127.0.0.1", "0"), "service[{itch}].mold.port"),
    (MARKET, MOLD % ("nowhere", "5000"), "service[{itch}].mold.address"),
    (MARKET, MOLD % ("10.1.2.3", "5000"), "service[{itch}].mold.address"),
    (
        'protocol = "sftp"\n',
        'protocol = "sftp"\nmold = { address = "127.0.0.1", port = 5000 }\n',
        "service[{sftp}].mold",
    ),
    (MARKET, MARKET + 'snapshot_number = "first"\n', "service[{itch}].snapshot_number"),
    (READER, READER + READER, "subscriber[1].name"),
    (READER, READER + 'services = ["ouch.nasdaq"]\n', "subscriber[0].services"),
    (READER, READER.replace('password = "NTFTEST"', ""), "subscriber[0].password"),
    (READER, READER + 'addresses = ["10.0.0.1/8"]\n', "subscriber[0].addresses[0]"),
    (READER, READER.replace("ITCH01", "itch01"), "subscriber[0].name"),
    ('name = "IN19T6"\nmpid = "INET"\nservice = "ouch.nasdaq"', None, "port[0].service"),
]


@pytest.mark.parametrize(("old", "new", "key"), BAD)
def test_a_bad_configuration_names_its_key(old, new, key):
    text = config.sample()
    assert old in text
    new = old.replace("ouch.nasdaq", "itch.nasdaq") if new is None else new
    keys = [service.key for service in config.parse(text).service]
    places = {name: keys.index(full) for name, full in (("itch", "itch.nasdaq"), ("glimpse", "glimpse.nasdaq"))}
    with pytest.raises(ConfigError) as error:
        config.parse(text.replace(old, new, 1))
    assert error.value.key == key.format(**places, sftp=keys.index("sftp"))


def test_the_demos_login_is_one_that_everybody_knows():
    assert "subscriber[0].password" in list(access.known_logins(config.parse(config.sample())))


@pytest.mark.parametrize("address", ["127.0.0.1", "239.192.0.1", "::1", "ff02::7"])
def test_a_feed_may_go_to_this_machine_or_a_group(address):
    parsed = config.parse(config.sample().replace(MARKET, MOLD % (address, 5000), 1))
    (service,) = (service for service in parsed.service if service.mold is not None)
    assert (service.mold.address, service.mold.requests) == (address, 0)
