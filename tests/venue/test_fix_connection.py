"""A FIX session over TCP: who is let in, what comes back, and how it ends."""


def test_an_order_to_an_echo_port_comes_back(host, fix):
    client = fix(host())
    client.logon()
    client.send("D", *client.order())
    assert client.expect("D")[11] == "1"
