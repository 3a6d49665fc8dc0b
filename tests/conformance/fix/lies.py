"""What a proxy before a FIX service may do to what the server says, and whom scenarios name in the Nordic market."""

from conformance.fix.frames import compose

NORDIC = {"trader": "GP29U1", "second_trader": "GP30U1", "symbol": "101", "price": "100.00"}


def pairs(frame):
    return [(field.tag, field.value) for field in frame.fields]


def told(kind, change, *, again=None):
    """Make a lie out of what it does to the fields of one kind of message: other fields, or none at all."""

    def spoil(frame, wire):
        if frame.kind != kind or (again is not None and frame.is_again != again):
            return [frame.data]
        changed = change(pairs(frame), wire)
        return [] if changed is None else [compose(changed)]

    return spoil


def put(tag, value, *, where=None):
    """Change a field: to another value, or away where that is None."""

    def change(fields, _):
        if where is not None and not where(dict(fields)):
            return fields
        found = value(dict(fields)) if callable(value) else value
        return [(one, found if one == tag else old) for one, old in fields if one != tag or found is not None]

    return change


def raw(kind, change):
    """Make a lie out of what it does to the bytes of one kind of message."""
    return lambda frame, _: [change(frame.data) if frame.kind == kind else frame.data]


def is_fill(values):
    return values.get(32, "0") != "0"


def address(venue, service):
    return "{}:{}".format(*venue.services[service])


def whatever_failed(results):
    return {name: str(result.failure) for name, result in results.items() if result.failure}
