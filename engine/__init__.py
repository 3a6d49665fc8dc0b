"""The market: orders, books, risk. Knows no protocol, no socket, no clock."""
