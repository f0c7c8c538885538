"""How long a small GET and a small PUT of a blob take through the edge, as a client without tricks makes them.

    cargo local start --no-host --seed tests/clients/seed.toml --env-file /tmp/azure.env &
    (set -a; . /tmp/azure.env; set +a; python3 bench/small_get.py)

The standard library alone, one connection, one request at a time. Without TCP_NODELAY at the edge each answer waited for
the client's delayed acknowledgement: 44 ms in place of 1.
"""

import http.client
import json
import os
import ssl
import statistics
import time
import urllib.parse
import urllib.request

REQUESTS = 300
env = os.environ


def token():
    query = urllib.parse.urlencode({
        "api-version": "2019-08-01", "resource": "https://storage.azure.com/",
        "client_id": env.get("OWNER__clientId") or env["STORAGE__clientId"],
    })
    request = urllib.request.Request(f"{env['IDENTITY_ENDPOINT']}?{query}")
    request.add_header("X-IDENTITY-HEADER", env["IDENTITY_HEADER"])
    return json.load(urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request))["access_token"]


proxy = urllib.parse.urlsplit(env["HTTPS_PROXY"])
host = urllib.parse.urlsplit(env["STORAGE__blobServiceUri"]).hostname
connection = http.client.HTTPSConnection(
    proxy.hostname, proxy.port, context=ssl.create_default_context(cafile=env["SSL_CERT_FILE"]))
connection.set_tunnel(host, 443)
headers = {"Authorization": f"Bearer {token()}", "x-ms-version": "2026-04-06", "x-ms-blob-type": "BlockBlob"}


def take(method, body=None):
    own = {k: v for k, v in headers.items() if method == "PUT" or k != "x-ms-blob-type"}
    start = time.perf_counter()
    connection.request(method, "/snapshots/bench", body, own)
    answer = connection.getresponse()
    answer.read()
    assert answer.status in (200, 201), answer.status
    return (time.perf_counter() - start) * 1000


for method, body in (("PUT", b"x" * 1000), ("GET", None)):
    take(method, body)
    times = sorted(take(method, body) for _ in range(REQUESTS))
    print(f"{method} 1,000 bytes: median {statistics.median(times):.2f} ms, p99 {times[REQUESTS * 99 // 100]:.2f} ms")
