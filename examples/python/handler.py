import http.server, os
from azure.identity import ManagedIdentityCredential
from azure.keyvault.secrets import SecretClient

identity = ManagedIdentityCredential(client_id=os.environ["KEYVAULT__clientId"])
vault = SecretClient(os.environ["KEYVAULT__vaultUri"], identity)

class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, text, content_type):
        body = text.encode()
        self.send_response(200)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        length = len(vault.get_secret("orders-subscription-key").value) if self.path == "/api/hello" else 0
        self.answer(f"hello, the secret has {length} characters\n", "text/plain")

    def do_POST(self):
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.answer('{"Logs": ["ticked"]}', "application/json")

port = int(os.environ["FUNCTIONS_CUSTOMHANDLER_PORT"])
http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler).serve_forever()
