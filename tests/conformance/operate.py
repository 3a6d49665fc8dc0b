"""An operations call from a shell, much faster than `portcullis ops`: DIRECTORY TARGET BODY [VERB]."""

import json
import socket
import sys

directory, target, body, *verb = sys.argv[1:]
with socket.socket(socket.AF_UNIX) as venue:
    venue.connect(f"{directory}/engine.sock")
    request = json.dumps({"target": target, "body": json.loads(body), "verb": "".join(verb)}).encode()
    venue.sendall(len(request).to_bytes(4, "big") + request)
    answer = venue.recv(1 << 16)
if json.loads(answer[4:])["status"] != 200:
    sys.exit(answer[4:].decode())
