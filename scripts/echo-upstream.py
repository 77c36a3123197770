#!/usr/bin/env python3
"""A mock upstream for scripts/check-nginx.sh that shows what nginx forwards. Usage: echo-upstream.py PORT

It echoes the request headers as JSON, and has a large response, an error, and an event stream that stays open.
"""

import json
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Echo(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def reply(self, status, body, content_type="application/json"):
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("ETag", '"1"')
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        if self.path == "/status/503":
            self.reply(503, b"from the service", "text/plain")
        elif self.path == "/api/v1/events":
            self.send_response(200)
            self.send_header("Content-Type", "text/event-stream")
            self.send_header("Cache-Control", "no-store")
            self.end_headers()
            last = self.headers.get("Last-Event-ID", "")
            # Large enough to be compressed, small enough to be buffered.
            for text in ("data: 1", f"id: {last}", f": {'-' * 2000}"):
                self.wfile.write(f"{text}\n\n".encode())
                self.wfile.flush()
                time.sleep(0.3)
            time.sleep(5)
            self.close_connection = True
        elif self.path.endswith("/big"):
            self.reply(200, json.dumps(["a"] * 2000).encode())
        else:
            self.reply(200, json.dumps({name.lower(): value for name, value in self.headers.items()}).encode())

    def do_POST(self):
        left = int(self.headers.get("Content-Length", 0))
        while left > 0:
            left -= len(self.rfile.read(min(left, 65536)))
        self.do_GET()


class Server(ThreadingHTTPServer):
    daemon_threads = True


Server(("127.0.0.1", int(sys.argv[1])), Echo).serve_forever()
