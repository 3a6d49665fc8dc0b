"""The configuration file: what is bad is refused, and the error names the key and says what would be right."""

from itertools import takewhile

import pytest

from engine.api import SelfMatchAction, SelfMatchLevel, SelfMatchPrevention
from venue import access, config, roles
from venue.config import ConfigError
from venue.reference import market_command

RULE = '\n[[rule]]\ntype = "{}"\nexchange = "NASDAQ"\nmpid = "INET"\n{}\n'
LAST_RULE = "rule[5]"
HASH = "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
FIRST_PORT = 'name = "IN19T6"\nmpid = "INET"\nservice = "ouch.nasdaq"\npassword = "NTFTEST"'
AAPL = 'symbol = "AAPL"\nprevious_close = "200.0000"\nluld = ["190.0000", "210.0000"]\naverage_daily_volume = 50000000'


def rule(kind, lines):
    """A rule added at the end of the sample."""
    return ("", RULE.format(kind, lines))


def routed(kind, lines, mpid="INET"):
    """A rule of the exchange that stands for what is routed."""
    return ("", RULE.format(kind, lines).replace("NASDAQ", "ROUTED").replace("INET", mpid))


def port(old, new):
    return (FIRST_PORT, FIRST_PORT.replace(old, new))


def firms(*lines):
    """Firms added at the end of the sample, each a table's lines."""
    return ("", "".join(f"\n[[firm]]\n{line}\n" for line in lines))


def symbol(old, new):
    return (AAPL, AAPL.replace(old, new))


SECRET = "0123456789abcdef"
EQRC_READ = (roles.RULES_READ, roles.HISTORY_READ)
BAD_REDIRECTS = (
    "",
    "//elsewhere.example/",
    "/\\\\elsewhere.example/",
    "http://elsewhere.example/",
    "http://localhost.elsewhere.example/",
    "http://10.0.0.1/",
    "https://user@elsewhere.example/",
    "https://elsewhere.example/#here",
    "https://elsewhere.example/two words",
    "https://else;where.example/",
    "https://",
    "javascript:alert(1)",
    "desk.example:/back",
)


def person(**lines):
    """A person added at the end of the sample, its values as TOML writes them."""
    lines = {"name": '"new"', "roles": '["prm-read"]', "password": '"p"'} | lines
    return ("", "\n[[person]]\n" + "".join(f"{key} = {value}\n" for key, value in lines.items()))


def client(**lines):
    """A client added at the end of the sample."""
    return ("", '\n[[client]]\nid = "new"\n' + "".join(f"{key} = {value}\n" for key, value in lines.items()))


BAD = [
    # one value: its type, its bounds, its form
    ("port_base = 7400", "port_base = 65001", "venue.port_base"),
    ("port_base = 7400", 'port_base = "7400"', "venue.port_base"),
    ("port_base = 7400", "port_base = 7400.5", "venue.port_base"),
    ("port_base = 7400", "port_base = true", "venue.port_base"),
    ("port_base = 7400", "portbase = 7400", "venue.portbase"),
    ('durability = "disk"', 'durability = "tape"', "venue.durability"),
    ("show_logins = true", "show_logins = 1", "venue.show_logins"),
    ("show_logins = true", 'clock = "fast"', "venue.clock"),
    ("show_logins = true", 'clock = "manual"\nclock_start = 2026-11-20T12:00:00', "venue.clock_start"),
    ("show_logins = true", 'clock = "manual"\nclock_start = 1926-11-20T12:00:00Z', "venue.clock_start"),
    ("show_logins = true", "clock_start = 2026-11-20T12:00:00Z", "venue.clock_start"),
    ("show_logins = true", 'roll_at = "24:00"', "venue.roll_at"),
    ("show_logins = true", "roll_at = 20:30:00", "venue.roll_at"),
    ("heartbeat_interval_ms = 1000 ", "heartbeat_interval_ms = 0 ", "soupbintcp.heartbeat_interval_ms"),
    ("login_wait_ms = 30000", "login_wait_ms = 86400001", "soupbintcp.login_wait_ms"),
    ('second_login = "refuse"', 'second_login = "ask"', "soupbintcp.second_login"),
    ('sequence_zero = "last"', 'sequence_zero = "first"', "soupbintcp.sequence_zero"),
    ('after_hours = ["16:00", "20:00"]', 'after_hours = ["16:00"]', "market[0].after_hours"),
    ('after_hours = ["16:00", "20:00"]', 'after_hours = ["16:00", "24:00"]', "market[0].after_hours[1]"),
    ('timezone = "America/New_York"', 'timezone = "America/New_Yorck"', "market[0].timezone"),
    ('timezone = "America/New_York"', 'timezone = "../America/New_York"', "market[0].timezone"),
    ('timezone = "America/New_York"', 'timezone = "America"', "market[0].timezone"),
    ('timezone = "America/New_York"', 'timezone = ""', "market[0].timezone"),
    ('key = "bx"', 'key = "nyse"', "market[1].key"),
    ('key = "bx"', 'key = "bx"\ncalendar = "XLON"', "market[1].calendar"),
    ("offset = 4", "offset = 501", "service[2].offset"),
    ('protocol = "ouch-5.0-us"', 'protocol = "ouch-4.2-us"', "service[0].protocol"),
    (*port("IN19T6", "in19t6"), "port[0].name"),
    (*port("IN19T6", "IN19T67"), "port[0].name"),
    (*port("IN19T6", r"IN19T\n"), "port[0].name"),
    (*port("NTFTEST", "NTF TEST"), "port[0].password"),
    (*port("NTFTEST", ""), "port[0].password"),
    (*port("NTFTEST", "NTFTEST1234"), "port[0].password"),
    (*port("NTFTEST", r"NTFTEST\n"), "port[0].password"),
    (*port("NTFTEST", "NTFT\N{LATIN CAPITAL LETTER E WITH ACUTE}ST"), "port[0].password"),
    (*port('mpid = "INET"', 'mpid = "INE"'), "port[0].mpid"),
    (*symbol('"AAPL"', '"aapl"'), "symbol[0].symbol"),
    (*symbol('"AAPL"', '"TOOLONGSYM"'), "symbol[0].symbol"),
    (*symbol('"AAPL"', r'"AAPL\n"'), "symbol[0].symbol"),
    (*symbol('"200.0000"', "200"), "symbol[0].previous_close"),
    (*symbol('"200.0000"', '"200.00001"'), "symbol[0].previous_close"),
    (*symbol('"200.0000"', '"-200"'), "symbol[0].previous_close"),
    (*symbol('"200.0000"', '"0"'), "symbol[0].previous_close"),
    (*symbol('"200.0000"', '"200000"'), "symbol[0].previous_close"),
    (*symbol('"200.0000"', r'"200.0000\n"'), "symbol[0].previous_close"),
    (*symbol('"200.0000"', '"\N{ARABIC-INDIC DIGIT TWO}"'), "symbol[0].previous_close"),
    (*symbol('["190.0000", "210.0000"]', '["190.0000"]'), "symbol[0].luld"),
    (*symbol('["190.0000", "210.0000"]', '["0", "210.0000"]'), "symbol[0].luld"),
    (*symbol('["190.0000", "210.0000"]', '["210.0000", "190.0000"]'), "symbol[0].luld"),
    (*symbol("50000000", "-1"), "symbol[0].average_daily_volume"),
    (*symbol("50000000", "9223372036854775808"), "symbol[0].average_daily_volume"),
    (*symbol("50000000", '50000000\nticks = [["1", "0.01"]]'), "symbol[0].ticks"),
    (*symbol("50000000", '50000000\nticks = [["0", "0.01"], ["0", "0.05"]]'), "symbol[0].ticks"),
    (*symbol("50000000", '50000000\nticks = [["0", "0"]]'), "symbol[0].ticks"),
    (*symbol("50000000", "50000000\nticks = []"), "symbol[0].ticks"),
    (*symbol("50000000", '50000000\nticks = [["0"]]'), "symbol[0].ticks[0]"),
    *(
        (*port('"NTFTEST"', f'"NTFTEST"\naiq_strategy = "{letter}"'), "port[0].aiq_strategy")
        for letter in ("", "*", "Q", "3", " ", "DD", r"D\n")
    ),
    (*firms('mpid = "inet"\norganization = "ONE"'), "firm[0].mpid"),
    (*firms('mpid = "INET"\norganization = ""'), "firm[0].organization"),
    (*firms('mpid = "INET"\norganization = "ONE"\naffiliation = ""'), "firm[0].affiliation"),
    (*firms('mpid = "INET"'), "firm[0].organization"),
    (*firms('mpid = "INET"\norganization = "ONE"', 'mpid = "INET"\norganization = "TWO"'), "firm[1].mpid"),
    (
        *firms(
            'mpid = "INET"\norganization = "ONE"\naffiliation = "ALL"',
            'mpid = "SIST"\norganization = "ONE"\naffiliation = "ANY"',
        ),
        "firm[1].affiliation",
    ),
    (
        *firms('mpid = "INET"\norganization = "ONE"', 'mpid = "SIST"\norganization = "ONE"\naffiliation = "ANY"'),
        "firm[1].affiliation",
    ),
    (*port('password = "NTFTEST"', 'password_hash = "NTFTEST"'), "port[0].password_hash"),
    (*port('password = "NTFTEST"', 'password = "NTFTEST"\naddresses = []'), "port[0].addresses"),
    (*port('password = "NTFTEST"', 'password = "NTFTEST"\naddresses = "::1"'), "port[0].addresses"),
    (*port('password = "NTFTEST"', 'password = "NTFTEST"\naddresses = ["::1", "10.0.0.1/8"]'), "port[0].addresses[1]"),
    (*port('password = "NTFTEST"', 'password = "NTFTEST"\naddresses = ["localhost"]'), "port[0].addresses[0]"),
    ("[soupbintcp]", "[login]\nfailures_before_delay = 0\n[soupbintcp]", "login.failures_before_delay"),
    ("[soupbintcp]", "[login]\nlongest_delay_ms = 499\n[soupbintcp]", "login.longest_delay_ms"),
    ("[soupbintcp]", '[tls]\ncertificate = "x"\n[soupbintcp]', "tls.key"),
    ("[soupbintcp]", '[tls]\ncertificate = "x"\nkey = 5\n[soupbintcp]', "tls.key"),
    ("port_base = 7400", "max_connections = 0", "venue.max_connections"),
    ("port_base = 7400", "max_connections_per_address = 1000001", "venue.max_connections_per_address"),
    # what is missing, unknown, or there twice
    (*port('password = "NTFTEST"', f'password = "NTFTEST"\npassword_hash = "{HASH}"'), "port[0].password_hash"),
    ('key = "ouch.nasdaq"\n', "", "service[0].key"),
    ('password = "NTFTEST"\n\n# PRM ports', "\n# PRM ports", "port[18].password"),
    ("[soupbintcp]", "[soup]", "soup"),
    ('key = "bx"', 'key = "nasdaq"', "market[1].key"),
    ('key = "ouch.bx"', 'key = "ouch.nasdaq"', "service[1].key"),
    ("offset = 2", "offset = 0", "service[1].offset"),
    ('name = "IN24T4"', 'name = "IN19T6"', "port[1].name"),
    ('symbol = "MSFT"', 'symbol = "AAPL"', "symbol[1].symbol"),
    ('[[market]]\nkey = "psx"', "", "service[2].market"),
    ('service = "ouch.psx"', 'service = "ouch.arca"', "port[6].service"),
    # rules
    (*rule("max-shares", ""), f"{LAST_RULE}.settings.limit"),
    (*rule("max-shares", "settings = { limit = -1 }"), f"{LAST_RULE}.settings.limit"),
    (*rule("max-shares", "settings = { limit = 1000000 }"), f"{LAST_RULE}.settings.limit"),
    (*rule("max-shares", 'settings = { limit = "5" }'), f"{LAST_RULE}.settings.limit"),
    (*rule("max-shares", "settings = { limits = 5 }"), f"{LAST_RULE}.settings.limits"),
    (*rule("max-shares", "settings = { limit = 5 }\nsymbol = 7"), f"{LAST_RULE}.symbol"),
    (*rule("max-notional", "settings = { limit = 1500 }"), f"{LAST_RULE}.settings.limit"),
    (*rule("max-everything", "settings = { limit = 5 }"), f"{LAST_RULE}.type"),
    (*rule("max-shares", 'port = "NOBODY"\nsettings = { limit = 5 }'), f"{LAST_RULE}.port"),
    (*rule("max-shares", 'port = "AK01T1"\nsettings = { limit = 5 }'), f"{LAST_RULE}.port"),
    (*rule("max-shares", 'port = "IN21T7"\nsettings = { limit = 5 }'), f"{LAST_RULE}.port"),
    (*rule("restricted-stock", "settings = { enabled = true }"), f"{LAST_RULE}.symbols"),
    (*rule("restricted-stock", 'symbols = ["NONE"]'), f"{LAST_RULE}.symbols"),
    (*rule("restricted-stock", 'symbols = "AMD"'), f"{LAST_RULE}.symbols"),
    (*rule("order-rate", "settings = { maxPortMessages = 5 }"), f"{LAST_RULE}.port"),
    (
        *rule("order-rate", 'port = "IN30T1"\nsettings = { maxPortMessages = 5, portWindow = 31 }'),
        "settings.portWindow",
    ),
    (*rule("fat-finger", "settings = { ranges = [] }"), f"{LAST_RULE}.settings.ranges"),
    (*rule("fat-finger", "settings = { ranges = [1, 2, 3, 4, 5, 6] }"), f"{LAST_RULE}.settings.ranges[0]"),
    ("{ percent = 10 }, ", "{ percent = 501 }, ", "rule[3].settings.ranges[0].percent"),
    ("{ percent = 10 }, ", "{ percent = -1 }, ", "rule[3].settings.ranges[0].percent"),
    ("{ percent = 10 }, ", "{ percent = 1.00001 }, ", "rule[3].settings.ranges[0].percent"),
    ("{ percent = 10 }, ", "{ amount = 0.00001 }, ", "rule[3].settings.ranges[0].amount"),
    ("{ percent = 10 }, ", "{ amount = -1 }, ", "rule[3].settings.ranges[0].amount"),
    ("{ percent = 10 }, ", "{ percent = nan }, ", "rule[3].settings.ranges[0].percent"),
    ("{ percent = 10 }, ", "{ amount = inf }, ", "rule[3].settings.ranges[0].amount"),
    ("{ percent = 10 }, ", "{ amount = 1e30 }, ", "rule[3].settings.ranges[0].amount"),
    ("", RULE.format("max-shares", "settings = { limit = 5 }").replace("INET", "NONE"), f"{LAST_RULE}.mpid"),
    (*routed("max-shares", "settings = { limit = 5 }", mpid="NONE"), f"{LAST_RULE}.mpid"),
    (*routed("max-shares", "settings = { limit = 5 }", mpid="GP29"), f"{LAST_RULE}.mpid"),
    *(
        (*routed("max-shares", f'port = "{name}"\nsettings = {{ limit = 5 }}'), f"{LAST_RULE}.port")
        for name in ("NOBODY", "IN19T6", "INFL01", "AKFX01", "INDRP1", "GP29F1")
    ),
    (*routed("order-rate", 'port = "INFX01"\nsettings = { maxPortMessages = 5 }'), f"{LAST_RULE}.exchange"),
    (*routed("max-notional", "settings = { limit = 1500 }"), f"{LAST_RULE}.settings.limit"),
    ('after_hours = ["16:00", "20:00"]', 'after_hours = ["20:00", "16:00"]', "market[0].after_hours"),
    # who may ask over HTTP
    (*person(roles="[]"), "person[8].roles"),
    (*person(roles='["prm-reed"]'), "person[8].roles[0]"),
    (*person(name='"desk"'), "person[8].name"),
    (*person(name='"two words"'), "person[8].name"),
    (*person(password='""'), "person[8].password"),
    (*person(mpids="[]"), "person[8].mpids"),
    (*person(mpids='["inet"]'), "person[8].mpids[0]"),
    (*person(password_hash=f'"{HASH}"'), "person[8].password_hash"),
    (*person(password="7"), "person[8].password"),
    (*client(), "client[9].secret"),
    (*client(secret='"too short"'), "client[9].secret"),
    (*client(secret='"no%percent%signs%"'), "client[9].secret"),
    (*client(secret=f'"{SECRET}"'), "client[9].roles"),
    (*client(secret_hash='"x"', roles='["operations"]'), "client[9].secret_hash"),
    (*client(secret=f'"{SECRET}"', secret_hash=f'"{HASH}"'), "client[9].secret_hash"),
    (*client(redirect_uris='["https://a.example/"]', roles='["operations"]'), "client[9].roles"),
    (*client(secret=f'"{SECRET}"', roles='["history-api-read"]', ports='["IN19T6"]'), "client[9].ports"),
    (*person(ports='["IN19T6"]', mpids='["INET"]'), "person[8].ports"),
    (*client(redirect_uris='["https://a.example/"]', mpids='["INET"]'), "client[9].roles"),
    *((*client(redirect_uris=f"['/fine', '{uri}']"), "client[9].redirect_uris[1]") for uri in BAD_REDIRECTS),
    ('id = "eqrc-inet"', 'id = "ntf-operator"', "client[1].id"),
    ('id = "eqrc-inet"', 'id = "eqrc:inet"', "client[1].id"),
    ("token_seconds = 300", "token_seconds = 3601", "http.token_seconds"),
    ("token_seconds = 300", "client_burst = 0", "http.client_burst"),
    ("token_seconds = 300", 'url = "venue.example"', "http.url"),
    ("token_seconds = 300", 'url = "https://venue.example/"', "http.url"),
    ('allow = ["127.0.0.0/8", "::1"]', 'allow = ["127.0.0.1/8"]', "http.allow[0]"),
    ('allow = ["127.0.0.0/8", "::1"]', "allow = []", "http.allow"),
    ('"/ptr-api" = [', '"ptr-api" = [', "http.allow_under.ptr-api"),
    ('"/ptr-api" = ["127.0.0.1", ', '"/ptr-api" = ["127.0.0.256", ', "http.allow_under./ptr-api[0]"),
    # no TOML at all
    ("", f"deep = {'[' * 5_000}", ""),
    ("", f"number = {'9' * 5_000}", ""),
    ("[venue]", "[venue", ""),
    ("port_base = 7400", "port_base = 7400\nport_base = 7401", ""),
]


def changed(old, new):
    """What of `new` is not in `old`, for a test's name."""
    same = takewhile(lambda pair: pair[0] == pair[1], zip(old, new, strict=False))
    return new[len(list(same)) :][:40]


@pytest.mark.parametrize(("old", "new", "key"), BAD, ids=[f"{row[2]} {changed(*row[:2])!r}" for row in BAD])
def test_a_bad_configuration_names_its_key(old, new, key):
    text = config.sample()
    assert old in text
    text = text.replace(old, new, 1) if old else text + new
    with pytest.raises(ConfigError) as error:
        config.parse(text)
    assert error.value.key.endswith(key) if key else error.value.key == ""
    assert str(error.value).startswith(error.value.key)
    assert len(str(error.value)) > len(error.value.key) + 5, "and says what is wrong"


def test_the_sample_is_the_demo():
    demo = config.parse(config.sample())
    assert {service.key: service.offset for service in demo.service} == {
        "ouch.nasdaq": 0,
        "fix.nasdaq": 1,
        "ouch.bx": 2,
        "fix.bx": 3,
        "ouch.psx": 4,
        "fix.psx": 5,
        "ouch.nordic": 10,
        "drop.ouch.nordic": 14,
        "prm": 12,
        "fix.nordic": 11,
        "drop.us": 6,
        "rash.nasdaq": 8,
        "rash.nasdaq.soup": 9,
        "drop.nordic": 13,
        "http": 20,
        "ftp": 21,
        "sftp": 22,
        "mail": 23,
        "itch.nasdaq": 7,
        "glimpse.nasdaq": 15,
    }
    assert {port.name: (port.mpid, port.service) for port in demo.port} == {
        "IN19T6": ("INET", "ouch.nasdaq"),
        "IN24T4": ("INET", "ouch.nasdaq"),
        "IN30T1": ("INET", "ouch.nasdaq"),
        "AK01T1": ("AKAM", "ouch.nasdaq"),
        "IN21T7": ("INET", "ouch.bx"),
        "AK21T1": ("AKAM", "ouch.bx"),
        "IN20T9": ("INET", "ouch.psx"),
        "AK20T1": ("AKAM", "ouch.psx"),
        "INRS01": ("INET", "rash.nasdaq"),
        "INRS02": ("INET", "rash.nasdaq.soup"),
        "GP29O1": ("GP29", "ouch.nordic"),
        "GP29O2": ("GP29", "ouch.nordic"),
        "GP30O1": ("GP30", "ouch.nordic"),
        "GP31O1": ("GP31", "ouch.nordic"),
        "GP29O9": ("GP29", "ouch.nordic"),
        "GP30O9": ("GP30", "ouch.nordic"),
        "GP29D2": ("GP29", "drop.ouch.nordic"),
        "GP29A1": ("GP29", "prm"),
        "GP29A2": ("GP29", "prm"),
        "GP31A1": ("GP31", "prm"),
        "INFX01": ("INET", "fix.nasdaq"),
        "INFL01": ("INET", "fix.nasdaq"),
        "AKFX01": ("AKAM", "fix.nasdaq"),
        "INFB01": ("INET", "fix.bx"),
        "INFP01": ("INET", "fix.psx"),
        "GP29F1": ("GP29", "fix.nordic"),
        "GP30F1": ("GP30", "fix.nordic"),
        "FXT1": ("AKAM", "fix.nasdaq"),
        "FXT2": ("GP30", "fix.nordic"),
        "INDRP1": ("INET", "drop.us"),
        "GP29D1": ("GP29", "drop.nordic"),
    }
    over_fix = {service.key for service in demo.service if service.protocol.startswith("fix")}
    passwords = {(port.service in over_fix, port.password) for port in demo.port}
    assert passwords == {(False, "NTFTEST"), (True, None)}
    assert {
        (symbol.symbol, symbol.previous_close, symbol.luld, symbol.average_daily_volume) for symbol in demo.symbol
    } == {
        ("AAPL", "200.0000", ("190.0000", "210.0000"), 50_000_000),
        ("MSFT", "400.0000", ("380.0000", "420.0000"), 20_000_000),
        ("NDAQ", "80.0000", ("72.0000", "88.0000"), 4_000_000),
        ("TSLA", "250.0000", ("237.5000", "262.5000"), 90_000_000),
        ("IBM", "250.0000", ("237.5000", "262.5000"), 4_000_000),
        ("AMD", "20.0000", ("18.0000", "22.0000"), 40_000_000),
        ("SPCE", "4.0000", ("3.6000", "4.4000"), 4_000),
        ("ZWZZT", "10.0000", ("9.0000", "11.0000"), 0),
    }
    assert {(rule.exchange, rule.mpid, rule.port) for rule in demo.rule} == {("NASDAQ", "INET", "IN30T1")}
    assert (demo.venue.port_base, demo.venue.host, demo.venue.durability) == (7400, "127.0.0.1", "disk")


def test_the_sample_has_the_clients_and_people_of_the_demo():
    demo = config.parse(config.sample())
    rules = (*EQRC_READ, roles.RULES_WRITE, roles.AUDIT_READ, roles.UNBREACH)
    clearing = ("CLRG", "INET", "AKAM")
    assert {client.id: (set(client.roles), client.mpids) for client in demo.client if client.secret} == {
        "ntf-operator": ({roles.OPERATIONS}, None),
        "eqrc-inet": ({*rules}, ("INET",)),
        "eqrc-inet-ro": ({*EQRC_READ}, ("INET",)),
        "workx-ptr-api": ({roles.PTR_CLEARING}, clearing),
        "workx-ptr-corr": ({roles.PTR_CORRESPONDENT}, ("INET",)),
        "workx-ptr-cpty": ({roles.PTR_COUNTERPARTY}, ("AKAM",)),
        "member-gp29": ({roles.PRM_READ, roles.PRM_WRITE}, ("GP29",)),
    }
    assert demo.client[0].secret == "ntf-operator!xxxxxxxxxxxxxxxxxxx"
    assert [client.id for client in demo.client if client.secret != access.known_secret(client.id)] == [
        "docs",
        "portal",
    ]
    assert {person.name: (set(person.roles), person.mpids) for person in demo.person} == {
        "gp29-risk": ({roles.PRM_READ, roles.PRM_WRITE}, ("GP29",)),
        "gp29-view": ({roles.PRM_READ}, ("GP29",)),
        "inet-risk": ({*rules}, ("INET",)),
        "inet-view": ({*EQRC_READ}, ("INET",)),
        "clrg-risk": ({roles.PTR_CLEARING}, clearing),
        "inet-corr": ({roles.PTR_CORRESPONDENT}, ("INET",)),
        "akam-cpty": ({roles.PTR_COUNTERPARTY}, ("AKAM",)),
        "desk": ({roles.OPERATIONS}, None),
    }
    assert {person.password for person in demo.person} == {"NTFTEST"}
    assert demo.http.allow_under == {"/ptr-api": ("127.0.0.1", "::1")}


def test_the_hint_is_that_of_the_table():
    with pytest.raises(ConfigError) as error:
        config.parse(config.sample().replace("[soupbintcp]", '[tls]\ncertificate = "x"\nkey = 5\n[soupbintcp]'))
    assert "nasdaq" not in str(error.value)
    with pytest.raises(ConfigError, match="nasdaq, bx, psx or nordic"):
        config.parse(config.sample().replace('key = "bx"', 'key = "nyse"'))


@pytest.mark.parametrize("name", ["AAPL", "BRK.A", "A-B", "X^#", "ABC DE", "Z"])
def test_symbols_may_have_the_signs_that_markets_use(name):
    parsed = config.parse(
        config.sample().replace('symbol = "ZWZZT"', f'symbol = "{name}"').replace('"AAPL"', '"OTHER"', 1)
    )
    assert parsed.symbol[-1].symbol == name


def test_a_smallest_configuration_needs_no_rules_and_no_settings():
    text = """
        port = [{ name = "A", mpid = "INET", service = "s", password = "p" }]
        symbol = [{ symbol = "X" }]
        market = [{ key = "bx" }]
        service = [{ key = "s", offset = 0, protocol = "ouch-5.0-us", market = "bx" }]
    """
    parsed = config.parse(text)
    assert parsed.venue == config.VenueSettings()
    command = market_command(parsed)
    assert (command.symbols[0].symbol, command.symbols[0].previous_close) == ("X", None)
    assert command.rules == ()


def test_firms_and_strategies_reach_the_market():
    strategy = FIRST_PORT, FIRST_PORT.replace('"NTFTEST"', '"NTFTEST"\naiq_strategy = "o"')
    _, tables = firms('mpid = "INET"\norganization = "ONE"', 'mpid = "AKAM"\norganization = "TWO"\naffiliation = "ALL"')
    command = market_command(config.parse(config.sample().replace(*strategy) + tables))
    assert [tuple(getattr(firm, name) for name in firm.__struct_fields__) for firm in command.firms] == [
        ("INET", "ONE", "ONE"),
        ("AKAM", "TWO", "ALL"),
    ]
    oldest = SelfMatchPrevention(SelfMatchLevel.ORGANIZATION, SelfMatchAction.CANCEL_OLDEST)
    strategies = {port.name: port.self_match_prevention for port in command.ports}
    assert (strategies["IN19T6"], strategies["IN24T4"]) == (oldest, None)
