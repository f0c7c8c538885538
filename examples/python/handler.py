import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from azure.identity import ManagedIdentityCredential
from azure.keyvault.secrets import SecretClient

identity = ManagedIdentityCredential(client_id=os.environ["KEYVAULT__clientId"])
vault = SecretClient(os.environ["KEYVAULT__vaultUri"], identity)


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):  # /api/greet
        self.answer("text/plain", vault.get_secret("greeting").value + "\n")

    def do_POST(self):  # /tick
        print("the timer says:", vault.get_secret("greeting").value, flush=True)
        self.answer("application/json", "{}")

    def answer(self, kind, text):
        self.send_response(200)
        self.send_header("content-type", kind)
        self.end_headers()
        self.wfile.write(text.encode())


ThreadingHTTPServer(("127.0.0.1", int(os.environ["FUNCTIONS_CUSTOMHANDLER_PORT"])), Handler).serve_forever()
