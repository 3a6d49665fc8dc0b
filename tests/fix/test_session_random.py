"""Sessions and bytes that nobody meant: nothing is raised, every answer is well made, a snapshot changes nothing."""

from hypothesis import given, settings
from hypothesis import strategies as st
from line import HUNG_UP, VERSIONS, Line, spelled

TYPES = st.sampled_from(["0", "1", "2", "3", "4", "5", "A", "D", "d", "8", "j", "*", "", "AE"])
NUMBERS = st.one_of(st.integers(0, 12), st.sampled_from(["", "x", "-1", 10**17, "9" * 40]))
TAGS = [
    7,
    9,
    10,
    11,
    16,
    34,
    35,
    36,
    43,
    45,
    49,
    52,
    56,
    58,
    95,
    96,
    98,
    108,
    112,
    122,
    123,
    141,
    371,
    789,
    1137,
    0,
    -1,
    99999,
]
FIELDS = st.lists(
    st.tuples(
        st.sampled_from(TAGS),
        st.one_of(
            st.sampled_from(["Y", "N", "", "0", "1", "2", "30", "999999", "x", "20261118-11:06:40"]),
            st.text(max_size=4),
        ),
    ).map(lambda pair: f"{pair[0]}={pair[1]}".encode("latin-1", "replace").decode("latin-1")),
    max_size=6,
).map("|".join)
HOW = st.fixed_dictionaries(
    {},
    optional={
        "number": NUMBERS,
        "sender": st.sampled_from(["FIRM01", "FIRM02", ""]),
        "target": st.sampled_from(["INET", "X", ""]),
        "version": st.sampled_from([*VERSIONS, "FIX.9"]),
        "time": st.sampled_from(["", "x", "20261118-11:00:00", "20261118-11:06:40.000"]),
        "header": st.sampled_from(["", "43=Y", "43=Y|122=20261118-11:06:40", "97=Y", "115=A|116="]),
    },
)
SAID = st.tuples(TYPES, FIELDS, HOW)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("said"), SAID),
        st.tuples(st.just("fine"), st.sampled_from(["0", "1", "D", "gap", "resend", "fill"])),
        st.tuples(st.just("bytes"), st.binary(max_size=40)),
        st.tuples(st.just("wait"), st.integers(0, 90)),
        st.tuples(st.just("logon"), st.sampled_from(["98=0|108=30", "98=0|108=5|141=Y", "98=0|108=0|789=1", "108=x"])),
        st.tuples(st.just("drop"), st.none()),
        st.tuples(st.just("log out"), st.none()),
        st.tuples(st.just("day"), st.none()),
    ),
    max_size=25,
)


def do(line, step):
    """Take one step; what is heard was checked to be well made."""
    kind, what = step
    if kind == "wait":
        return line.wait(what)
    if kind == "drop":
        return line.drop()
    if kind == "day":
        line.session.start_day(line.clock.wall_time)
        line.number = 1
    elif kind == "log out":
        line.session.log_out(b"Good night", line.clock.wall_time)
    if kind in {"day", "log out"}:
        line.do_effects() if line.connection.stream is not None else line.session.effects.clear()
        return line.hear()
    if line.connection.is_closed:
        line.connect()
    if kind == "bytes":
        return line.put(what)
    if kind == "logon":
        return line.log_on(what)
    if kind == "said":
        msg_type, body, how = what
        return line.say(msg_type, body, **how)
    if what == "gap":
        line.number += 2
        return line.say("1", "112=A")
    if what == "fill":
        first = line.session.incoming
        return line.say("4", f"36={line.number}|123=Y", number=first, header="43=Y|122=20261118-11:06:40")
    if what == "resend":
        return line.say("2", "7=1|16=0")
    return line.order() if what == "D" else line.say(what, "112=A")


@settings(deadline=None)
@given(st.sampled_from(VERSIONS), st.sampled_from(["lenient", "strict", "strict-all"]), st.booleans(), STEPS)
def test_whatever_comes_is_answered_well_or_not_at_all(version, mode, is_test_port, steps):
    line = Line(
        version, validation=mode, reset_on_logon=is_test_port, any_version=is_test_port, last_processed=is_test_port
    )
    line.log_on()
    for step in steps:
        do(line, step)
    session = line.session
    assert session.outgoing == session.stream.count + 1
    assert session.incoming >= 1
    assert session.effects == []


@settings(deadline=None)
@given(st.sampled_from(["FIX.4.1", "FIX.4.4"]), STEPS, st.integers(0, 25))
def test_a_port_that_knows_only_what_a_snapshot_holds_goes_on_in_the_same_way(version, steps, at):
    lines = Line(version, next_expected=True), Line(version, next_expected=True)
    heard = [line.log_on() for line in lines]
    assert heard[0] == heard[1]
    for number, step in enumerate(steps):
        if number == at:
            lines[1].restart()
        assert do(lines[0], step) == do(lines[1], step)
    assert lines[0].port.dump() == lines[1].port.dump()


@settings(deadline=None)
@given(st.lists(st.tuples(TYPES, FIELDS, HOW), max_size=6), st.data())
def test_how_bytes_were_cut_makes_no_difference_to_a_session(said, data):
    whole, cut = Line(), Line()
    sent = b"".join(whole.spell(msg_type, body, **how) for msg_type, body, how in said)
    start = spelled(f"8=FIX.4.2|35=A|34=1|49=FIRM01|52={whole.time}|56=INET|98=0|108=30|")
    sent = start + sent
    expected = whole.put(sent)
    heard, at = [], 0
    while at < len(sent):
        size = data.draw(st.integers(1, 80))
        heard += [text for text in cut.put(sent[at : at + size]) if text != HUNG_UP]
        at += size
    assert heard == [text for text in expected if text != HUNG_UP]
    assert cut.connection.is_closed == whole.connection.is_closed
    assert cut.port.dump() == whole.port.dump()
