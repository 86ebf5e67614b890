#!/usr/bin/env python3
"""
latency_proxy_test.py: is latency_proxy.py late enough, not too slow, and right?

    python3 test/bench/latency_proxy_test.py

Talks through the proxy to servers of its own, which need no PostgreSQL.  Delays
are judged strictly from below and generously from above, as the machine may be
busy.
"""

import contextlib
import json
import os
import random
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
import unittest

from latency_proxy import CHUNK, Messages, Proxy

ROUND_TRIP = 0.1


def message(kind, body=b""):
    """A message of the protocol."""
    return kind + struct.pack("!i", len(body) + 4) + body


def first_message(code, body=b""):
    """A message without type."""
    return struct.pack("!ii", len(body) + 8, code) + body


STARTUP = first_message(196608, b"user\0me\0\0")
SSL_REQUEST = first_message(80877103)
AUTHENTICATION_OK = message(b"R", struct.pack("!i", 0))
READY = message(b"Z", b"I")
QUERY = message(b"Q", b"SELECT 1\0")


class Peer:
    """A server with a function that talks to each client."""

    def __init__(self, talk, path=None):
        if path:
            self.listener = socket.socket(socket.AF_UNIX)
            self.listener.bind(path)
            self.listener.listen()
            self.address = path
        else:
            self.listener = socket.create_server(("127.0.0.1", 0))
            self.address = self.listener.getsockname()
        self.talk = talk
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        """Takes clients until it is closed."""
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    def serve(self, client):
        """Talks, and hangs up."""
        with client:
            self.talk(client)

    def close(self):
        """Takes no more clients."""
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()


def echo(client):
    """Sends back what comes."""
    while True:
        data = client.recv(CHUNK)
        if not data:
            return
        client.sendall(data)


def read(client, count):
    """Exactly so many bytes, or what there is before the end."""
    data = b""
    while len(data) < count:
        piece = client.recv(count - len(data))
        if not piece:
            break
        data += piece
    return data


class ProxyTest(unittest.TestCase):
    """Each test with a peer, a proxy before it, and a client."""

    def through(self, talk, round_trip=ROUND_TRIP, path=None):
        """A proxy before a new peer."""
        peer = Peer(talk, path)
        self.addCleanup(peer.close)
        proxy = Proxy(peer.address, round_trip)
        self.addCleanup(proxy.close)
        return proxy

    def client(self, proxy):
        """A new client of the proxy."""
        client = socket.create_connection((proxy.host, proxy.port))
        client.settimeout(30)
        self.addCleanup(client.close)
        return client

    def exchange(self, client, data, count):
        """Sends, and waits for so many bytes; returns the seconds."""
        began = time.monotonic()
        client.sendall(data)
        self.assertEqual(len(read(client, count)), count)
        return time.monotonic() - began

    def test_delay(self):
        """An answer takes a round trip, the first one two."""
        client = self.client(self.through(echo))
        times = [self.exchange(client, b"12345678" if n == 0 else message(b"x"), 5)
                 for n in range(4)]
        self.assertGreaterEqual(times[0], 2 * ROUND_TRIP - 0.01)
        for seconds in times[1:]:
            self.assertGreaterEqual(seconds, ROUND_TRIP - 0.005)
            self.assertLess(seconds, 2 * ROUND_TRIP)

    def test_stream_is_late_but_not_slow(self):
        """Many pieces do not wait for each other."""
        pieces, size = 2000, 1000
        arrivals = []

        def talk(client):
            while client.recv(size):
                arrivals.append(time.monotonic())
            client.sendall(b"x")

        client = self.client(self.through(talk))
        began = time.monotonic()
        for _ in range(pieces):
            client.sendall(bytes(size))
        sent = time.monotonic() - began
        client.shutdown(socket.SHUT_WR)
        read(client, 1)
        self.assertGreaterEqual(arrivals[0] - began, 1.5 * ROUND_TRIP - 0.005)
        # one by one, it would be more than a hundred seconds
        self.assertLess(time.monotonic() - began, 2 * ROUND_TRIP + sent + 3)

    def test_bytes_are_the_same(self):
        """In order, all of them, more than fits into the queues."""
        rng = random.Random(1)
        data = rng.randbytes(3 * 1024 * 1024)
        client = self.client(self.through(echo, 0.001))
        result = []
        reader = threading.Thread(target=lambda: result.append(read(client, len(data))))
        reader.start()
        at = 0
        while at < len(data):
            size = rng.choice((1, 7, 500, 4096, 200000))
            client.sendall(data[at:at + size])
            at += size
        reader.join()
        self.assertEqual(result[0], data)

    def test_counts(self):
        """Round trips before and after the server is ready, and messages."""
        def talk(client):
            read(client, len(SSL_REQUEST))
            client.sendall(b"N")
            read(client, len(STARTUP))
            client.sendall(message(b"R", struct.pack("!i", 3)))
            read(client, len(message(b"p", b"secret\0")))
            # in two pieces, the second cuts a message
            client.sendall(AUTHENTICATION_OK + READY[:3])
            time.sleep(0.02)
            client.sendall(READY[3:])
            for _ in range(3):
                read(client, len(QUERY))
                client.sendall(message(b"C", b"SELECT 1\0") + READY)
            read(client, len(message(b"X")))

        proxy = self.through(talk)
        client = self.client(proxy)
        answer = len(message(b"C", b"SELECT 1\0") + READY)
        self.exchange(client, SSL_REQUEST, 1)
        self.exchange(client, STARTUP, 9)
        self.exchange(client, message(b"p", b"secret\0"), len(AUTHENTICATION_OK + READY))
        self.exchange(client, QUERY, answer)
        self.exchange(client, QUERY + QUERY, 2 * answer)        # a pipeline
        client.sendall(message(b"X"))
        client.shutdown(socket.SHUT_WR)
        self.assertEqual(read(client, 1), b"")
        counts = proxy.counts()
        self.assertEqual(counts["connections"], 1)
        self.assertEqual(counts["connect_round_trips"], 4)      # with TCP's
        self.assertEqual(counts["round_trips"], 2)
        self.assertEqual(counts["total_round_trips"], 6)
        self.assertEqual(counts["messages_up"], 7)
        self.assertEqual(counts["messages_down"], 9)
        proxy.reset()
        self.assertEqual(set(proxy.counts().values()), {0})

    def test_after_tls_nothing_is_told(self):
        """What looks like a message is none then."""
        def talk(client):
            read(client, len(SSL_REQUEST))
            client.sendall(b"S")
            echo(client)

        proxy = self.through(talk)
        client = self.client(proxy)
        self.exchange(client, SSL_REQUEST, 1)
        self.exchange(client, READY, len(READY))
        self.exchange(client, READY, len(READY))
        counts = proxy.counts()
        self.assertEqual((counts["connect_round_trips"], counts["round_trips"]), (4, 0))
        self.assertEqual((counts["messages_up"], counts["messages_down"]), (1, 0))

    def test_ends(self):
        """The end of either side reaches the other one, after what was sent."""
        client = self.client(self.through(lambda client: client.sendall(b"bye")))
        self.assertEqual(read(client, 100), b"bye")
        heard = []

        def talk(client):
            heard.append(read(client, 100))
            client.sendall(b"heard")

        client = self.client(self.through(talk))
        client.sendall(b"that is all")
        client.shutdown(socket.SHUT_WR)
        self.assertEqual(read(client, 100), b"heard")
        self.assertEqual(heard, [b"that is all"])

    def test_no_server(self):
        """A client is hung up on if there is no server."""
        with socket.create_server(("127.0.0.1", 0)) as unused:
            address = unused.getsockname()
        proxy = Proxy(address, ROUND_TRIP)
        self.addCleanup(proxy.close)
        self.assertEqual(read(self.client(proxy), 1), b"")

    def test_connections_at_once(self):
        """They do not wait for each other."""
        proxy = self.through(echo)
        clients = [self.client(proxy) for _ in range(20)]
        began = time.monotonic()
        for client in clients:
            client.sendall(b"12345678")
        for client in clients:
            read(client, 8)
        self.assertLess(time.monotonic() - began, 10 * ROUND_TRIP)
        self.assertEqual(proxy.counts()["connections"], 20)

    def test_messages_in_pieces(self):
        """Cut anywhere, they are the same messages."""
        whole = READY + message(b"D", bytes(5000)) + message(b"n") + READY
        for size in (1, 2, 3, 4, 5, 6, 7, 4999, 100000):
            found = []
            messages = Messages(typed=True)
            for at in range(0, len(whole), size):
                messages.feed(whole[at:at + size], lambda kind, _header: found.append(kind))
            self.assertEqual(found, [b"Z", b"D", b"n", b"Z"])
        messages.feed(b"Z\0\0\0\0", lambda *_: None)
        self.assertTrue(messages.lost)

    def test_program(self):
        """As a program, before a Unix-domain socket: SIGUSR1 and SIGTERM."""
        with tempfile.TemporaryDirectory() as folder:
            with contextlib.closing(Peer(echo, folder + "/.s.PGSQL.5432")):
                here = os.path.dirname(os.path.abspath(__file__))
                with subprocess.Popen(
                        [sys.executable, here + "/latency_proxy.py", "--round-trip", "1"],
                        env={**os.environ, "PGHOST": folder, "PGPORT": "5432"},
                        stdout=subprocess.PIPE, text=True) as program:
                    port = int(program.stdout.readline().rpartition(":")[2])
                    with socket.create_connection(("127.0.0.1", port)) as client:
                        self.exchange(client, STARTUP, len(STARTUP))
                        for number in (signal.SIGUSR1, signal.SIGTERM):
                            program.send_signal(number)
                            counts = json.loads(program.stdout.readline())
                            self.assertEqual(counts["connections"], 1)
                            self.assertEqual(counts["total_round_trips"], 2)
                            self.assertEqual(counts["bytes_up"], len(STARTUP))
                    self.assertEqual(program.wait(30), 0)


if __name__ == "__main__":
    unittest.main()
