"""Shared bytes: how messages are declared, and SoupBinTCP. Knows no port and no engine."""
