"""A line to a real server that is cut, garbled or closed as a test wants it: the faults that servers have and
that can't be asked of them."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable


class Cut(Exception):
    """Raised by a hook: send these last bytes to the client, then close the line."""

    def __init__(self, last_words: bytes = b"") -> None:
        self.last_words = last_words


class Meddler:
    """Listens on `port` and passes everything on to `target_port`.

    `edit` sees what the server says and returns what the client gets; `before` sees what the client says
    before the server does, and `translate` returns what the server hears. Each may raise Cut. `commands`
    holds everything the client said.
    """

    def __init__(self, target_port: int) -> None:
        self.edit: Callable[[bytes], bytes] = lambda said: said
        self.before: Callable[[bytes], None] = lambda said: None
        self.translate: Callable[[bytes], bytes] = lambda said: said
        self.closed = False  # True: the door is shut, nobody is let in
        self.connections = 0
        self._said: list[bytes] = []
        self._target_port = target_port
        self._open: set[socket.socket] = set()
        self._clients: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._welcome, daemon=True).start()

    @property
    def commands(self) -> bytes:
        return b"".join(self._said)

    def say(self, words: bytes) -> None:
        """Say something to everybody connected, as if the server had."""
        with self._lock:
            clients = list(self._clients & self._open)
        for client in clients:
            with contextlib.suppress(OSError):
                client.sendall(words)

    def cut(self) -> None:
        """Cut all lines now."""
        with self._lock:
            lines, self._open = self._open, set()
        for line in lines:
            with contextlib.suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)
            line.close()

    def stop(self) -> None:
        self.closed = True
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut()

    def _welcome(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            if self.closed:
                client.close()
                continue
            try:
                server = socket.create_connection(("127.0.0.1", self._target_port), timeout=10)
            except OSError:
                client.close()
                continue
            server.settimeout(None)
            with self._lock:
                self._open |= {client, server}
                self._clients.add(client)
            for source, sink, hook in (
                (client, server, self._hear),
                (server, client, lambda s: self.edit(s)),
            ):
                threading.Thread(target=self._pass_on, args=(source, sink, client, hook), daemon=True).start()

    def _hear(self, said: bytes) -> bytes:
        self._said.append(said)
        self.before(said)
        return self.translate(said)

    def _pass_on(
        self,
        source: socket.socket,
        sink: socket.socket,
        client: socket.socket,
        hook: Callable[[bytes], bytes],
    ) -> None:
        with contextlib.suppress(OSError):
            while said := source.recv(65536):
                try:
                    sink.sendall(hook(said))
                except Cut as cut:
                    client.sendall(cut.last_words)
                    break
        for line in (source, sink):
            with contextlib.suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)
            line.close()
            with self._lock:
                self._open.discard(line)
