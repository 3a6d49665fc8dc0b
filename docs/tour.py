"""A first look at the venue, with nothing but Python's standard library: `python3 docs/tour.py [replay] [port]`.

It speaks SoupBinTCP and OUCH 5.0 by hand, so that you can see how little there is between a socket and a trade.
"""

import socket
import struct
import sys

HOST, PORT = "127.0.0.1", 7400
SAYS = {"S": "System Event", "A": "Accepted", "E": "Executed", "C": "Canceled", "J": "Rejected"}


class Session:
    """A SoupBinTCP login: packets are a two-byte length, a letter, a payload."""

    def __init__(self, user: str, sequence: int) -> None:
        self.user = user
        self.socket = socket.create_connection((HOST, PORT), timeout=5)
        self.packet("L", f"{user:<6}{'NTFTEST':<10}{'':<10}{sequence:>20}".encode())
        letter, payload = self.read()
        if letter != "A":
            sys.exit(f"{user}: login rejected with {payload!r}; is it logged on elsewhere?")
        print(f"{user}: logged in to session {payload[:10].decode().strip()}, next message {int(payload[10:])}")

    def packet(self, letter: str, payload: bytes) -> None:
        """Send one packet."""
        self.socket.sendall(struct.pack(">Hc", 1 + len(payload), letter.encode()) + payload)

    def read(self) -> tuple[str, bytes]:
        """Read one packet."""
        length = int.from_bytes(self.exactly(2), "big")
        packet = self.exactly(length)
        return chr(packet[0]), packet[1:]

    def exactly(self, size: int) -> bytes:
        """Read so many bytes."""
        data = b""
        while len(data) < size:
            piece = self.socket.recv(size - len(data))
            if not piece:
                sys.exit(f"{self.user}: the venue closed the connection")
            data += piece
        return data

    def query(self) -> int:
        """Ask for the next free UserRefNum (Account Query)."""
        self.packet("U", b"Q")
        return int.from_bytes(self.hear()[9:13], "big")

    def enter(self, number: int, side: str, quantity: int, symbol: str, dollars: float) -> None:
        """Enter a day order, and print the answer."""
        price = round(dollars * 10_000)
        print(f"{self.user}: enter {number}: {side} {quantity} {symbol} at {dollars:.2f}")
        order = struct.pack(
            ">cIcI8sQ5s14sH",
            b"O",
            number,
            side.encode(),
            quantity,
            symbol.ljust(8).encode(),
            price,
            b"0YPNN",
            b"TOUR".ljust(14),
            0,
        )
        self.packet("U", order)
        self.hear()

    def hear(self, until_quiet: bool = False) -> bytes:
        """Wait for the next message, and print it; `until_quiet`: b"" when nothing was said for a second."""
        letter, message = self.read()
        while letter != "S":
            if letter == "H" and until_quiet:
                return b""
            letter, message = self.read()
        kind = chr(message[0])
        facts = ""
        if kind in "AECJ":
            facts = f" order {int.from_bytes(message[9:13], 'big')}"
        if kind == "E":
            quantity, price, flag, match = struct.unpack_from(">IQcQ", message, 13)
            facts += f": {quantity} at {price / 10_000:.2f}, {'removed' if flag == b'R' else 'added'}, match {match}"
        if kind == "J":
            facts += f": reason 0x{int.from_bytes(message[13:15], 'big'):04X}"
        if kind in SAYS:
            print(f"{self.user}:   {SAYS[kind]}{facts}")
        return message


def trade() -> None:
    """Trade between two firms, then be rejected by risk checks."""
    buyer, seller, checked = (Session(user, sequence=0) for user in ("IN19T6", "AK01T1", "IN30T1"))
    for session in (buyer, seller, checked):
        session.hear()  # number 0 asked for the most recent message again
    ours, theirs, number = buyer.query(), seller.query(), checked.query()
    seller.enter(theirs, "S", 300, "AAPL", 200.10)
    buyer.enter(ours, "B", 100, "AAPL", 200.10)
    buyer.hear()
    seller.hear()
    checked.enter(number, "B", 5001, "ZWZZT", 10.00)
    checked.enter(number + 1, "B", 100, "AMD", 20.00)
    checked.enter(number + 2, "B", 100, "AAPL", 230.00)


def replay() -> None:
    """Log in from message 1: everything the port was ever told today comes again."""
    for user in ("IN19T6", "AK01T1", "IN30T1"):
        session = Session(user, sequence=1)
        while session.hear(until_quiet=True):
            pass


if __name__ == "__main__":
    words = sys.argv[1:]
    if words and words[-1].isdecimal():
        PORT = int(words.pop())
    if words not in ([], ["replay"]):
        sys.exit("usage: python3 docs/tour.py [replay] [port of ouch.nasdaq, 7400 when left out]")
    try:
        replay() if words else trade()
    except ConnectionRefusedError:
        sys.exit(f"nothing listens on {HOST}:{PORT}: start the demo first, or name its port")
