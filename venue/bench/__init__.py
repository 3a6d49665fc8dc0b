"""Benches: how far an order is from the bare machine, measured side by side in one run.

One module a bench, each with one function that gives its figures; `venue.bench.command` puts them on the command line.

    orders          the bytes that clients send          clients   sockets that log in, wait, or pipeline
    configurations  venues of any size                   venues    a venue in a process of its own
    children        our own modules as processes         inside    the order path in this process, without sockets
    echoes          bare servers to be measured beside   probe     a client that notices pauses

The rules for all of them: what is compared runs in one run, in turns, so that a machine that changes its speed changes
both; a figure is a median (or the smallest of several), which one hiccup does not move; what is sent is made before the
clock starts; every answer is counted. Figures say where they were measured, and tests never assert a time.
"""
