"""What tests of risk rules over REST share: following the stream, and orders that rules are about."""

import http.client
import json
import socket
import threading
import time
from contextlib import suppress

PATIENCE = 15.0


class Follower:
    """Follows the stream in a thread of its own."""

    def __init__(self, caller, query="", last=None):
        if caller.token is None:
            caller.login()
        self.events, self.came = [], threading.Condition()
        self.connection = http.client.HTTPConnection(*caller.address, timeout=PATIENCE)
        headers = {"Authorization": f"Bearer {caller.token}"} | ({"Last-Event-ID": last} if last else {})
        self.connection.request("GET", f"/rules-api/stream{query}", headers=headers)
        self.response = self.connection.getresponse()
        assert self.response.status == 200, self.response.read()
        assert self.response.readline().startswith(b": as of record")
        self.socket = self.connection.sock
        self.thread = threading.Thread(target=self.read, daemon=True)
        self.thread.start()

    def read(self):
        fields = {}
        try:
            while line := self.response.readline():
                name, _, value = line.decode().rstrip("\n").partition(":")
                fields = fields | {name: value.strip()} if name else fields
                if not line.strip() and "event" in fields:
                    with self.came:
                        self.events.append((fields["event"], fields["id"], json.loads(fields["data"])))
                        self.came.notify()
                    fields = {}
        except (OSError, ValueError, AttributeError):
            pass  # it was closed

    def wait_for(self, kind, **wanted):
        """Give the first event of a kind with these facts."""
        end = time.monotonic() + PATIENCE
        with self.came:
            while True:
                for name, _, data in self.events:
                    if name == kind and all(data[fact] == value for fact, value in wanted.items()):
                        return data
                assert self.came.wait(end - time.monotonic()), (kind, wanted, self.events)

    def close(self):
        with suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)
        self.thread.join(PATIENCE)
        self.response.close()
        self.connection.close()
        self.socket.close()


def mails(operator, wanted):
    """The mails of the inbox whose subject has this in it, once there is one."""
    end = time.monotonic() + PATIENCE
    while True:
        found = [mail for mail in operator.get("/ops/mail").json["items"] if wanted in mail["subject"]]
        if found:
            return found
        assert time.monotonic() < end, operator.get("/ops/mail").json
        time.sleep(0.02)
