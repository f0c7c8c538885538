"""The suite's handler in Python: one HTTP function `app` (`app/{*path}`) and one timer `tick`, in all three forms of a call."""

import json
import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, unquote, urlsplit

TEXT = {"Content-Type": "text/plain; charset=utf-8"}


def answer(method, path, query, headers, body):
    """The app itself: it knows nothing of the form of the call."""
    head, _, rest = path.partition("/")
    if head == "hello":
        return 200, TEXT, "hello"
    if head == "echo":
        return 200, TEXT, body
    if head == "upper":
        return 200, TEXT, body.upper()
    if head == "sum":
        return 200, TEXT, str(sum(json.loads(body)["numbers"]))
    if head == "method":
        return 200, TEXT, method
    if head == "query":
        return 200, TEXT, query.get("name", "(none)")
    if head == "header":
        return 200, TEXT, headers.get("x-probe", "(none)")
    if head == "path":
        return 200, TEXT, rest
    if head == "status":
        return int(rest), TEXT, "status " + rest
    if head == "json":
        return 200, {"Content-Type": "application/json; charset=utf-8"}, '{"a":1,"b":"é"}'
    if head == "reply":
        return 200, {**TEXT, "X-Reply": rest}, "replied"
    if head == "redirect":
        return 302, {**TEXT, "Location": "/api/app/hello"}, "moved"
    if head == "empty":
        return 200, TEXT, ""
    if head == "large":
        return 200, TEXT, "x" * int(rest)
    return 404, TEXT, "no such path"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def read_body(self):
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            body = b""
            while size := int(self.rfile.readline(), 16):
                body += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
            return body
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def send(self, status, headers, body):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def send_json(self, document):
        self.send(200, {"Content-Type": "application/json"}, json.dumps(document).encode())

    def serve(self):
        body = self.read_body()
        url = urlsplit(self.path)
        if url.path == "/":
            self.send(200, TEXT, b"")
        elif url.path == "/tick":
            json.loads(body)["Data"]["timer"]["IsPastDue"]
            self.send_json({"Logs": ["ticked"]})
        elif url.path == "/app":
            request = json.loads(body)["Data"]["req"]
            headers = {name.lower(): ", ".join(lines) for name, lines in request["Headers"].items()}
            path = request["Params"]["path"] or ""
            status, sent, text = answer(request["Method"], path, request["Query"], headers, request.get("Body", ""))
            self.send_json({"Outputs": {"res": {"statusCode": status, "headers": sent, "body": text}}})
        else:
            path = unquote(url.path.removeprefix("/api/app").removeprefix("/"))
            query = dict(parse_qsl(url.query, keep_blank_values=True))
            headers = {name.lower(): value for name, value in self.headers.items()}
            status, sent, text = answer(self.command, path, query, headers, body.decode())
            self.send(status, sent, text.encode())

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = serve

    def log_message(self, *_):
        pass


ThreadingHTTPServer(("127.0.0.1", int(os.environ["FUNCTIONS_CUSTOMHANDLER_PORT"])), Handler).serve_forever()
