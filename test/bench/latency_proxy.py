#!/usr/bin/env python3
"""
latency_proxy.py: makes a PostgreSQL server seem far away, and counts round trips.

    python3 test/bench/latency_proxy.py [--round-trip 20] [--listen 127.0.0.1:0]
                                        [--server HOST:PORT]

Clients connect to it instead of the server; SERVER may be a host and port, or
the path of a Unix-domain socket (default: $PGHOST and $PGPORT).  It says where
it listens, then prints what it counted as a line of JSON at SIGUSR1, and when
it is stopped (SIGINT or SIGTERM).

Everything that is sent arrives half a round trip later.  It waits in a queue
with the time at which it is due, so a long stream is late, but not slow.  A
connection costs one round trip more at its begin, as TCP's handshake does.

A round trip is counted when the server's data reaches the client after the
client has sent something: what a client sends without waiting in between, as
in a pipeline, is one.  Those until the server says that it is ready for the
first query (the handshake, the refused TLS, authentication) are counted apart.
Messages are those of PostgreSQL's protocol, version 3.  Once a connection turns
to TLS there is no telling its messages and its phases: all of its round trips
count as of the connection.
"""

import argparse
import json
import os
import queue
import signal
import socket
import struct
import sys
import threading
import time

CHUNK = 65536
QUEUED_CHUNKS = 1024                # more than that on their way: the sender waits

SSL_REQUEST, GSS_REQUEST, CANCEL_REQUEST = 80877103, 80877104, 80877102


class Messages:
    """Counts the messages in one direction of a connection, piece by piece."""

    def __init__(self, typed):
        self.typed = typed          # do they begin with a byte for their type?
        self.count = 0
        self.lost = False           # no telling any more
        self._header = b""
        self._left = 0              # bytes of the message still to come

    def feed(self, data, begun):
        """Takes some bytes; calls begun(type, header) for each message that begins."""
        at = 0
        while at < len(data) and not self.lost:
            if self._left:
                skipped = min(self._left, len(data) - at)
                self._left -= skipped
                at += skipped
                continue
            # the first message of a client has no type, but a code behind its length
            wanted = 5 if self.typed else 8
            taken = min(wanted - len(self._header), len(data) - at)
            self._header += data[at:at + taken]
            at += taken
            if len(self._header) < wanted:
                return
            header, self._header = self._header, b""
            length = struct.unpack("!i", header[1:5] if self.typed else header[:4])[0]
            self._left = length - 4 if self.typed else length - 8
            if self._left < 0:
                self.lost = True
                return
            self.count += 1
            begun(header[:1] if self.typed else b"", header)


class Connection:
    """One client's connection, on its way to the server and back."""

    def __init__(self, client, proxy):
        self.client = client
        self.server = None
        self.proxy = proxy
        self.accepted = time.monotonic()
        self.lock = threading.Lock()
        self.connect_trips = 1      # TCP's handshake
        self.trips = 0
        self.bytes_up = self.bytes_down = 0
        self.up, self.down = Messages(typed=False), Messages(typed=True)
        self.ready = False          # has the server said so?
        self.asked = False          # has the client sent something since the last answer?
        self.encryption_asked = False

    def run(self):
        """Connects to the server, and starts to carry what comes."""
        try:
            self.server = self.proxy.connect()
        except OSError:
            self.client.close()
            return
        ways = [(self.client, self.server, self.sent, lambda data: None),
                (self.server, self.client, lambda data: None, self.delivered)]
        threads = []
        for source, target, on_arrival, on_delivery in ways:
            waiting = queue.Queue(QUEUED_CHUNKS)
            for work, *arguments in [(self.take, source, waiting, on_arrival),
                                     (self.give, waiting, target, on_delivery)]:
                threads.append(threading.Thread(target=work, args=arguments, daemon=True))
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.client.close()
        self.server.close()

    def take(self, source, waiting, on_arrival):
        """Takes what the source sends, and has it wait for its time."""
        # what a client sends at once, it could only send after the handshake
        earliest = self.accepted + self.proxy.round_trip if source is self.client else 0.0
        while True:
            try:
                data = source.recv(CHUNK)
            except OSError:
                data = b""
            now = time.monotonic()
            if data:
                on_arrival(data)
            waiting.put((max(now, earliest) + self.proxy.round_trip / 2, data))
            if not data:
                return

    def give(self, waiting, target, on_delivery):
        """Hands on what has waited."""
        broken = False
        while True:
            due, data = waiting.get()
            left = due - time.monotonic()
            if left > 0:
                time.sleep(left)
            try:
                if data:
                    on_delivery(data)
                    if not broken:
                        target.sendall(data)
                    continue
                target.shutdown(socket.SHUT_WR)
            except OSError:
                # nobody is there any more; the source will hear of it
                broken = True
                self.hang_up()
            if not data:
                return

    def hang_up(self):
        """Ends both sides, so that nothing waits for them."""
        for side in (self.client, self.server):
            try:
                side.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def sent(self, data):
        """The client has sent something."""
        with self.lock:
            self.asked = True
            self.bytes_up += len(data)
            self.up.feed(data, self.client_message)

    def client_message(self, _type, header):
        """A message of the client begins."""
        if self.up.typed:
            return
        code = struct.unpack("!i", header[4:8])[0]
        if code in (SSL_REQUEST, GSS_REQUEST):
            self.encryption_asked = True
        elif code != CANCEL_REQUEST:
            self.up.typed = True

    def delivered(self, data):
        """Something of the server's reaches the client."""
        with self.lock:
            if self.asked:
                self.asked = False
                if self.ready:
                    self.trips += 1
                else:
                    self.connect_trips += 1
            self.bytes_down += len(data)
            if self.encryption_asked:
                # the answer is one byte: N for no; after a yes nothing can be read
                self.encryption_asked = False
                if data[:1] != b"N":
                    self.up.lost = self.down.lost = True
                data = data[1:]
            self.down.feed(data, self.server_message)

    def server_message(self, kind, _header):
        """A message of the server begins."""
        if kind == b"Z":
            self.ready = True


class Proxy:
    """
    Listens on a port of its own.  "server" is the path of a socket, or a host
    and a port; "round_trip" is in seconds, and may be changed at any time.
    """

    def __init__(self, server, round_trip=0.02, listen=("127.0.0.1", 0)):
        self.server = server
        self.round_trip = round_trip
        self.lock = threading.Lock()
        self.connections = []
        self.listener = socket.create_server(listen)
        self.host, self.port = self.listener.getsockname()[:2]
        threading.Thread(target=self.accept, daemon=True).start()

    def connect(self):
        """A new connection to the server."""
        if isinstance(self.server, str):
            server = socket.socket(socket.AF_UNIX)
            server.connect(self.server)
        else:
            server = socket.create_connection(self.server)
            server.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return server

    def accept(self):
        """Takes clients until the listener is closed."""
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection = Connection(client, self)
            with self.lock:
                self.connections.append(connection)
            threading.Thread(target=connection.run, daemon=True).start()

    def counts(self):
        """What was counted since the last reset."""
        with self.lock:
            connections = list(self.connections)
        total = {"connections": len(connections), "connect_round_trips": 0, "round_trips": 0,
                 "messages_up": 0, "messages_down": 0, "bytes_up": 0, "bytes_down": 0}
        for connection in connections:
            with connection.lock:
                total["connect_round_trips"] += connection.connect_trips
                total["round_trips"] += connection.trips
                total["messages_up"] += connection.up.count
                total["messages_down"] += connection.down.count
                total["bytes_up"] += connection.bytes_up
                total["bytes_down"] += connection.bytes_down
        total["total_round_trips"] = total["connect_round_trips"] + total["round_trips"]
        return total

    def reset(self):
        """Forgets the connections there were."""
        with self.lock:
            self.connections = []

    def close(self):
        """Takes no more clients, and hangs up on those that are there."""
        try:
            self.listener.shutdown(socket.SHUT_RDWR)    # wakes the thread in accept()
        except OSError:
            pass
        self.listener.close()
        with self.lock:
            for connection in self.connections:
                if connection.server:
                    connection.hang_up()

    def __enter__(self):
        return self

    def __exit__(self, *_exception):
        self.close()


def server_address(host, port):
    """Where libpq would find a server: the path of a socket, or a host and a port."""
    if host.startswith("/"):
        return f"{host}/.s.PGSQL.{port}"
    return (host, int(port))


def host_and_port(text):
    """The parts of HOST:PORT, or a path as it is."""
    if text.startswith("/"):
        return text
    host, _, port = text.rpartition(":")
    return (host, int(port))


def main():
    """The proxy as a program."""
    parser = argparse.ArgumentParser(description=__doc__.strip().splitlines()[0])
    parser.add_argument("--round-trip", type=float, default=20, metavar="MS")
    parser.add_argument("--listen", type=host_and_port, default=("127.0.0.1", 0), metavar="HOST:PORT")
    parser.add_argument("--server", type=host_and_port, metavar="HOST:PORT",
                        default=server_address(os.environ.get("PGHOST", "127.0.0.1"),
                                               os.environ.get("PGPORT", "5432")))
    args = parser.parse_args()
    signals = {signal.SIGINT, signal.SIGTERM, signal.SIGUSR1}
    signal.pthread_sigmask(signal.SIG_BLOCK, signals)   # of all threads, to be waited for below
    with Proxy(args.server, args.round_trip / 1000, args.listen) as proxy:
        print(f"listening on {proxy.host}:{proxy.port}", flush=True)
        while True:
            received = signal.sigwait(signals)
            print(json.dumps(proxy.counts()), flush=True)
            if received != signal.SIGUSR1:
                return 0


if __name__ == "__main__":
    sys.exit(main())
