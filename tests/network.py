"""A network that can be cut: connections to a server go through a port of this process."""

import contextlib
import socket
import struct
import threading

_RESET = struct.pack("ii", 1, 0)  # closed at once, as by a router that is gone


class Network:
    """Passes bytes between its `port` and a server: (host, port), or the path of a socket."""

    def __init__(self, server):
        self._server = server
        self._open = []
        self._lock = threading.Lock()
        self._listener, self.port = None, 0
        self.restore()

    def restore(self):
        """Take connections, on the same port as before."""
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", self.port))
        listener.listen()
        self._listener, self.port = listener, listener.getsockname()[1]
        threading.Thread(target=self._accept, args=(listener,), daemon=True).start()

    def cut(self):
        """End all connections, and take none."""
        with self._lock:
            ended, self._open = [*self._open, self._listener], []
        for one in ended:
            with contextlib.suppress(OSError):
                if one is not self._listener:
                    one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def cut_for(self, seconds):
        """End all connections, and take new ones after so many seconds."""
        self.cut()
        later = threading.Timer(seconds, self.restore)
        later.start()
        return later

    close = cut

    def _accept(self, listener):
        with contextlib.suppress(OSError):
            while True:
                here, _ = listener.accept()
                is_path = isinstance(self._server, str)
                there = socket.socket(socket.AF_UNIX if is_path else socket.AF_INET)
                there.connect(self._server)
                with self._lock:
                    self._open += [here, there]
                for one, other in ((here, there), (there, here)):
                    threading.Thread(target=_pass, args=(one, other), daemon=True).start()


def _pass(one, other):
    with contextlib.suppress(OSError):
        while data := one.recv(65536):
            other.sendall(data)
    with contextlib.suppress(OSError):
        other.shutdown(socket.SHUT_WR)
