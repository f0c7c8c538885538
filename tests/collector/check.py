"""Parts of `run`: free ports, a token for the Collector, and the requests whose traces are read in what it received."""

import http.server
import json
import os
import re
import secrets
import socket
import subprocess
import sys
import threading
import time
import urllib.request

SECONDS = 60


def ports():
    sockets = [socket.socket() for _ in range(3)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    print(*(one.getsockname()[1] for one in sockets))


def variables(file):
    lines = (line.strip().split("=", 1) for line in open(file) if "=" in line and not line.startswith("#"))
    return {name: value.strip("'\"") for name, value in lines}


def token(env_file, output):
    """The token of the identity that may publish, as the identity endpoint gives it."""
    of_run = variables(env_file)
    query = f"?api-version=2019-08-01&resource=https://monitor.azure.com&client_id={of_run['STORAGE__clientId']}"
    request = urllib.request.Request(of_run["IDENTITY_ENDPOINT"] + query)
    request.add_header("X-IDENTITY-HEADER", of_run["IDENTITY_HEADER"])
    with open(os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(json.load(urllib.request.urlopen(request))["access_token"])


def post(url, body):
    """Sends a request as the caller of a trace; gives the IDs of the trace and of the caller's span."""
    trace, span = secrets.token_hex(16), secrets.token_hex(8)
    data = json.dumps(body).encode() if body is not None else b""
    request = urllib.request.Request(url, data=data, headers={"content-type": "application/json"})
    request.add_header("traceparent", f"00-{trace}-{span}-01")
    with urllib.request.urlopen(request) as response:
        answer = response.read().decode()
        print(f"  POST {url}: {response.status}, {len(answer)} bytes")
    return trace, span, answer


class Seen(http.server.BaseHTTPRequestHandler):
    """Takes what the Collector passes on."""

    documents = []

    def do_POST(self):
        self.documents.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_):
        pass


def spans_of(trace):
    found = {}
    for document in list(Seen.documents):
        for of_resource in document.get("resourceSpans", []):
            for of_scope in of_resource.get("scopeSpans", []):
                for span in of_scope.get("spans", []):
                    if span["traceId"] == trace:
                        found[span["spanId"]] = span
    return found


def attributes(span):
    return {one["key"]: next(iter(one["value"].values()), "") for one in span.get("attributes", [])}


def tree(spans, parent, depth=1):
    """The spans below a parent, by time, each with its depth."""
    children = [one for one in spans.values() if one.get("parentSpanId", "") == parent]
    for child in sorted(children, key=lambda one: int(one["startTimeUnixNano"])):
        yield depth, child
        yield from tree(spans, child["spanId"], depth + 1)


def check(name, trace, caller, wanted):
    """Waits until the trace reaches each of `wanted` (a text that a span shows), parent to child from the caller's span."""
    end = time.monotonic() + SECONDS
    while True:
        spans = spans_of(trace)
        below = list(tree(spans, caller))
        shown = [json.dumps([one["name"], attributes(one)]) for _, one in below]
        missing = [text for text in wanted if not any(text in one for one in shown)]
        if not missing and len(below) == len(spans):
            break
        if time.monotonic() > end:
            print("\n".join(shown))
            sys.exit(f"{name}: of the trace {trace} {missing} did not arrive, {len(spans) - len(below)} spans hang loose")
        time.sleep(0.2)
    print(f"{name}: trace {trace}, {len(spans)} spans, each below its parent from the caller's span {caller}")
    for depth, span in below:
        kind = {2: "server", 3: "client"}.get(span.get("kind"), "internal")
        milliseconds = (int(span["endTimeUnixNano"]) - int(span["startTimeUnixNano"])) / 1e6
        address = attributes(span).get("server.address", "")
        print(f"{'  ' * depth}{span['name']} {address} ({kind}, {milliseconds:.1f} ms)")


def chain(program, env_file, trace):
    """What local-azure's Azure Monitor received of the trace, from the Collector."""
    end = time.monotonic() + SECONDS
    while True:
        command = [program, "chain", trace, "--env-file", env_file]
        shown = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        if "spans that Azure Monitor received" in shown:
            print(re.sub(r"\x1b\[[0-9;]*m", "", shown[shown.index("spans that") :]))
            return
        if time.monotonic() > end:
            sys.exit(f"Azure Monitor received nothing of {trace} from the Collector")
        time.sleep(0.2)


def run(host, seen_port, program, env_file):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", int(seen_port)), Seen)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    trace, caller, _ = post(f"{host}/api/snapshots/orders", None)
    check("snapshot", trace, caller, ["vault.azure.net", "azure-api.net", "blob.core.windows.net"])
    chain(program, env_file, trace)
    trace, caller, answer = post(f"{host}/api/chat", {"prompt": "Who may call this model?", "stream": True})
    if "data: [DONE]" not in answer:
        sys.exit(f"chat did not stream to its end: {answer}")
    check("streamed chat", trace, caller, ["azure-api.net", "gen_ai."])
    print("\n2 passed, 0 failed")


{"ports": ports, "token": token, "run": run}[sys.argv[1]](*sys.argv[2:])
