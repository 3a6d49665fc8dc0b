"""SoupBinTCP's timers, to the nanosecond: heartbeats, silence, the wait for a login, and what 4.10 lets a client ask."""
