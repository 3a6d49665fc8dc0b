"""OUCH 5.0: messages as data, their codec, and the port that speaks it."""
