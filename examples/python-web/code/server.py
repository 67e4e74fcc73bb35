import json
import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"  # the platform keeps connections

    def do_GET(self):
        self.reply()

    def do_POST(self):
        self.reply()

    def reply(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        answer = json.dumps(
            {"method": self.command, "path": self.path, "body": body, "function": self.headers.get("X-Fc-Function-Name")}
        ).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)


port = int(os.environ.get("FC_CUSTOM_LISTEN_PORT", "9000"))
ThreadingHTTPServer(("0.0.0.0", port), Handler).serve_forever()
