"""A token server on loopback: it gives tokens by RFC 6749 section 4.4, and tells Dovecot which ones hold (RFC 7662 in
Dovecot's tokeninfo form). Set `answers` to have it refuse, stall or talk nonsense."""

from __future__ import annotations

import json
import threading
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class TokenServer:
    """`given` counts the tokens; `valid` maps those that hold to their mailbox; `answers`, while it has any, are
    (status, body) for the next requests for a token."""

    def __init__(self) -> None:
        self.user = "inbox@example.org"
        self.seconds = 3600
        self.given = 0
        self.asked: list[dict[str, str]] = []
        self.valid: dict[str, str] = {}
        self.answers: list[tuple[int, str]] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        self.port = self._server.server_address[1]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/token"

    def revoke_all(self) -> None:
        self.valid.clear()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def give(self) -> str:
        self.given += 1
        token = f"token-{self.given}-of-{self.port}"
        self.valid[token] = self.user
        return token

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *args: object) -> None:
                pass

            def do_POST(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                form = dict(urllib.parse.parse_qsl(self.rfile.read(length).decode()))
                server.asked.append(form)
                if server.answers:
                    self._answer(*server.answers.pop(0))
                elif form.get("client_secret") != "the-secret":
                    self._answer(401, json.dumps({"error": "invalid_client"}))
                else:
                    body = {
                        "access_token": server.give(),
                        "token_type": "Bearer",
                        "expires_in": server.seconds,
                    }
                    self._answer(200, json.dumps(body))

            def do_GET(self) -> None:
                query = urllib.parse.parse_qs(urllib.parse.urlsplit(self.path).query)
                user = server.valid.get(query.get("access_token", [""])[0])
                if user is None:
                    self._answer(401, json.dumps({"error": "invalid_token"}))
                else:
                    self._answer(200, json.dumps({"username": user, "active": True}))

            def _answer(self, status: int, body: str) -> None:
                raw = body.encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(raw)))
                self.end_headers()
                self.wfile.write(raw)

        return Handler
