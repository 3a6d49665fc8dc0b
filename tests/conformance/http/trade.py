"""Reports a trade over HTTP, as the demo's operator: HOST PORT, and in the environment side, quantity and price."""

import http.client
import json
import os
import sys
from base64 import b64encode

host, port = sys.argv[1:]
secret = b64encode(b"ntf-operator:ntf-operator!xxxxxxxxxxxxxxxxxxx").decode()
connection = http.client.HTTPConnection(host, int(port), timeout=15)
form = {"Authorization": f"Basic {secret}", "Content-Type": "application/x-www-form-urlencoded"}
connection.request("POST", "/auth/token", "grant_type=client_credentials", form)
token = json.loads(connection.getresponse().read())["access_token"]
side, quantity, price = (os.environ[name] for name in ("side", "quantity", "price"))
trade = {"reporting": "INET", "contra": "AKAM", "side": side, "symbol": "AAPL", "price": price}
trade["quantity"] = int(quantity)
told = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
connection.request("POST", "/ops/trf/trades", json.dumps(trade), told)
answer = connection.getresponse()
content = answer.read()
if answer.status != 200:
    sys.exit(content.decode())
