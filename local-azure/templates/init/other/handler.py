"""A custom handler in Python's standard library: the Functions host starts it, and calls it over HTTP."""
import json
import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # head and body are two writes, of which the second would wait 40 ms

    def do_GET(self):  # /api/hello/NAME, as the caller sent it
        self.answer("text/plain", f"Hello, {self.path.rsplit('/', 1)[-1]}!\n")

    def do_POST(self):  # /tick, with the timer's state
        call = json.loads(self.body())
        print("this run is past due:", call["Data"]["timer"]["IsPastDue"], flush=True)
        self.answer("application/json", "{}")

    def body(self):
        if "content-length" in self.headers:
            return self.rfile.read(int(self.headers["content-length"]))
        chunks = []  # without a length, as the host in Azure sends it
        while size := int(self.rfile.readline(), 16):
            chunks.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(chunks)

    def log_message(self, *_):  # the host logs each invocation
        pass

    def answer(self, kind, text):
        self.send_response(200)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(text.encode())))
        self.end_headers()
        self.wfile.write(text.encode())


ThreadingHTTPServer(("127.0.0.1", int(os.environ["FUNCTIONS_CUSTOMHANDLER_PORT"])), Handler).serve_forever()
