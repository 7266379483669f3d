"""acme_proxy.py PORT PEBBLE_PORT CERT KEY DIR: stands before pebble and adds what it lacks, or what no server should do.

Renewal information (DIR/window.json, RFC 9773) and profiles are added to the directory. The payload of every order goes to
DIR/orders.jsonl. DIR/mode names a fault: redirect, garbage, huge, foreign (a URL on another host), busy (503 once), limited (429),
replaced (409 for `replaces`), swapped (somebody else's certificate), no-ari. Everything else is pebble's own answer."""
import base64
import http.client
import http.server
import json
import pathlib
import ssl
import sys

port, behind, cert, key, room = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4], pathlib.Path(sys.argv[5])
PROFILES = {"classic": "six days", "shortlived": "six days, but short"}


def problem(kind, detail):
    return json.dumps({"type": "urn:ietf:params:acme:error:" + kind, "detail": detail}).encode()


class Proxy(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def reply(self, status, body, headers=()):
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def forward(self, body):
        context = ssl.create_default_context(cafile=cert)
        peer = http.client.HTTPSConnection("localhost", behind, context=context)
        headers = {"Host": self.headers["Host"], "User-Agent": "proxy"}
        if body:
            headers["Content-Type"] = self.headers["Content-Type"]
        peer.request(self.command, self.path, body, headers)
        answer = peer.getresponse()
        kept = [(n, v) for n, v in answer.getheaders() if n.lower() not in ("content-length", "transfer-encoding", "date")]
        return answer.status, answer.read(), kept

    def directory(self, mode):
        status, body, headers = self.forward(b"")
        directory = json.loads(body)
        here = f"https://{self.headers['Host']}"
        if mode != "no-ari":
            directory["renewalInfo"] = here + "/renewal"
        directory.setdefault("meta", {})["profiles"] = PROFILES
        if mode == "foreign":
            directory["newNonce"] = "https://elsewhere.test/nonce"
        self.reply(status, json.dumps(directory).encode(), headers)

    def do_GET(self):
        mode = (room / "mode").read_text().strip()
        if self.path.startswith("/renewal/"):
            (room / "asked").write_text(self.path.removeprefix("/renewal/"))
            return self.reply(200, (room / "window.json").read_bytes(), [("Retry-After", "21600")])
        if self.path != "/dir":
            return self.reply(*self.forward(b""))
        if mode == "redirect":
            return self.reply(302, b"", [("Location", "http://elsewhere.test/dir")])
        if mode == "garbage":
            return self.reply(200, b"\xff\xfe{not json \x1b[31m")
        if mode == "huge":
            return self.reply(200, b"[" * (4 << 20))
        return self.directory(mode)

    do_HEAD = do_GET

    def do_POST(self):
        mode = (room / "mode").read_text().strip()
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path == "/order-plz" and self.order_fault(mode, body):
            return
        status, answer, headers = self.forward(body)
        if mode == "swapped" and b"BEGIN CERTIFICATE" in answer:
            answer = pathlib.Path(cert).read_bytes()
        self.reply(status, answer, headers)

    def order_fault(self, mode, body):
        payload = json.loads(body)["payload"]
        order = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        with open(room / "orders.jsonl", "a") as log:
            log.write(json.dumps(order) + "\n")
        fresh = [("Replay-Nonce", dict(self.forward_nonce())["Replay-Nonce"])]
        if mode == "busy":
            (room / "mode").write_text("")
            self.reply(503, problem("serverInternal", "busy"), fresh + [("Retry-After", "1")])
        elif mode == "limited":
            self.reply(429, problem("rateLimited", "too many certificates (5) already issued for this exact set of names"),
                       fresh + [("Retry-After", "7200")])
        elif mode == "replaced" and "replaces" in order:
            self.reply(409, problem("alreadyReplaced", "was replaced"), fresh)
        else:
            return False
        return True

    def forward_nonce(self):
        context = ssl.create_default_context(cafile=cert)
        peer = http.client.HTTPSConnection("localhost", behind, context=context)
        peer.request("HEAD", "/nonce-plz")
        return peer.getresponse().getheaders()


server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Proxy)
tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
tls.load_cert_chain(cert, key)
server.socket = tls.wrap_socket(server.socket, server_side=True)
server.serve_forever()
