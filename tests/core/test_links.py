"""Links that people type, and following them without becoming a way into our own network."""

from __future__ import annotations

import socket
import threading
import time
from asyncio.selector_events import BaseSelectorEventLoop
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from apps.core import links
from apps.core.links import LinkError, NotPublicError, fetch_head, resolve_public, validate_public_url

LOCAL = ["127.0.0.0/8"]

GOOD = [
    "https://example.org/",
    "http://example.org/a/report.pdf?x=1&y=%20z#part",
    "https://sub-domain.example.co.uk:8443/path",
    "https://münchen.example.org/straße",
    "https://xn--mnchen-3ya.example.org/",
    "https://8.8.8.8/",
    "https://[2606:4700:4700::1111]/",
    "HTTPS://EXAMPLE.ORG/",
    "https://example.org./",
]

BAD = {
    "javascript:alert(1)": "scheme",
    "JaVaScRiPt:alert(1)": "scheme",
    "java\tscript:alert(1)": "invalid",
    "data:text/html,<script>alert(1)</script>": "scheme",
    "ftp://example.org/x": "scheme",
    "file:///etc/passwd": "scheme",
    "//example.org/x": "scheme",
    "example.org": "scheme",
    "": "scheme",
    "http://": "invalid",
    "http:///path": "invalid",
    "https://user@example.org/": "credentials",
    "https://user:secret@example.org/": "credentials",
    "https://@example.org/": "credentials",
    "https://example.org\\@127.0.0.1/": "invalid",
    "https://exa\x00mple.org/": "invalid",
    "https://example.org/a b": "invalid",
    "https://example.org/\r\nHost: x": "invalid",
    "https://example.org/\u202egnp.exe": "invalid",
    "https://example.org:22/": "port",
    "https://example.org:6379/": "port",
    "https://example.org:99999/": "invalid",
    "https://example.org:abc/": "invalid",
    "https://-example.org/": "invalid",
    "https://exa..mple.org/": "invalid",
    "https://" + "a." * 130 + "org/": "invalid",
    "https://[::1/": "invalid",
    "https://[fe80::1%25eth0]/": "invalid",
    "https://example.org/" + "a" * 2000: "too_long",
    "http://localhost/": "private",
    "http://LOCALHOST./": "private",
    "http://foo.localhost/": "private",
    "http://intranet/": "private",
    "http://printer.local/": "private",
    "http://db.internal/": "private",
    "http://metadata.google.internal/": "private",
    "http://router.home.arpa/": "private",
    "http://127.0.0.1/": "private",
    "http://127.1/": "private",
    "http://2130706433/": "private",
    "http://0x7f000001/": "private",
    "http://0x7f.0.0.1/": "private",
    "http://0177.0.0.1/": "private",
    "http://017700000001/": "private",
    "http://127\u30020\u30020\u30021/": "private",
    "http://\uff11\uff12\uff17.0.0.1/": "private",
    "http://0.0.0.0/": "private",
    "http://10.1.2.3/": "private",
    "http://172.16.0.1/": "private",
    "http://192.168.1.1/": "private",
    "http://100.64.0.1/": "private",
    "http://169.254.169.254/latest/meta-data/": "private",
    "http://224.0.0.1/": "private",
    "http://240.0.0.1/": "private",
    "http://255.255.255.255/": "private",
    "http://1.2.3.4.5/": "invalid",
    "http://example.0x1/": "invalid",
    "http://[::1]/": "private",
    "http://[::]/": "private",
    "http://[fc00::1]/": "private",
    "http://[fe80::1]/": "private",
    "http://[ff02::1]/": "private",
    "http://[::ffff:127.0.0.1]/": "private",
    "http://[::ffff:7f00:1]/": "private",
    "http://[::127.0.0.1]/": "private",
    "http://[64:ff9b::7f00:1]/": "private",
    "http://[2002:7f00:1::]/": "private",
    # What only leads on to another address, whichever that is, and what nobody is given.
    "http://[fec0::1]/": "private",
    "http://192.88.99.1/": "private",
    "http://192.0.0.9/": "private",
    "http://[64:ff9b::808:808]/": "private",
    "http://[64:ff9b:1::808:808]/": "private",
    "http://[::ffff:8.8.8.8]/": "private",
    "http://[::8.8.8.8]/": "private",
    "http://[2002:808:808::1]/": "private",
    "http://[2001:0:4136:e378:8000:63bf:f7f7:f7f7]/": "private",
    "http://[2001:db8::1]/": "private",
    "http://[3fff::1]/": "private",
    "http://[5f00::1]/": "private",
    "http://[100::1]/": "private",
    "http://[4000::1]/": "private",
}


@pytest.mark.parametrize("url", GOOD)
def test_validate_public_url_public_link_passes(url: str) -> None:
    validate_public_url(url)


@pytest.mark.parametrize(("url", "code"), BAD.items())
def test_validate_public_url_bad_link_says_why(url: str, code: str) -> None:
    with pytest.raises(ValidationError) as refused:
        validate_public_url(url)
    assert refused.value.code == code


def _resolve_to(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> None:
    def getaddrinfo(host: str, port: object, **kwargs: object) -> list[Any]:
        return [
            (
                socket.AF_INET6 if ":" in address else socket.AF_INET,
                socket.SOCK_STREAM,
                6,
                "",
                (address, 0),
            )
            for address in addresses
        ]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)


def test_resolve_public_gives_the_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    _resolve_to(monkeypatch, "8.8.8.8", "2606:4700:4700::1111", "8.8.8.8")
    assert resolve_public("example.org") == ["8.8.8.8", "2606:4700:4700::1111"]


def test_resolve_public_one_private_address_among_public_ones_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _resolve_to(monkeypatch, "8.8.8.8", "10.0.0.1")
    with pytest.raises(NotPublicError):
        resolve_public("rebinding.example.org")
    assert resolve_public("rebinding.example.org", allowed_networks=["10.0.0.0/8"])


class _Handler(BaseHTTPRequestHandler):
    seen: list[tuple[str, str, str]]

    def do_HEAD(self) -> None:
        self._answer()

    def do_GET(self) -> None:
        self._answer()

    def _answer(self) -> None:
        self.server.seen.append((self.command, self.path, self.headers["Host"]))  # type: ignore[attr-defined]
        name, _slash, argument = self.path[1:].partition("/")
        getattr(self, f"_{name}")(argument)

    def _status(self, argument: str) -> None:
        self.send_response(int(argument))
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _nohead(self, _argument: str) -> None:
        self._status("405" if self.command == "HEAD" else "200")

    def _to(self, argument: str) -> None:
        self.send_response(302)
        self.send_header("Location", argument)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _endless(self, _argument: str) -> None:
        if self.command == "HEAD":
            self._status("405")
            return
        self.send_response(200)
        self.end_headers()
        sent = 0
        try:
            while sent < 100_000_000:
                sent += self.wfile.write(b"x" * 65536)
        except OSError:
            pass
        self.server.sent = sent  # type: ignore[attr-defined]

    def _drip(self, _argument: str) -> None:
        """A header that comes byte by byte never lets a time limit for each read run out."""
        try:
            self.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
            for _n in range(100):
                self.wfile.write(b"x")
                time.sleep(0.1)
        except OSError:
            pass

    def _garbage(self, _argument: str) -> None:
        self.wfile.write(b"this is not HTTP\r\n\r\n")

    def log_message(self, *args: object) -> None:
        pass


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.seen: list[tuple[str, str, str]] = []
        self.sent = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


@pytest.fixture
def server() -> Iterator[_Server]:
    server = _Server()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def _fetch(url: str, timeout: float = 5) -> links.LinkAnswer:
    return fetch_head(url, allowed_networks=LOCAL, timeout=timeout)


def test_fetch_head_living_link_asks_once_with_head(server: _Server) -> None:
    answer = _fetch(f"{server.url}/status/200")
    assert answer == links.LinkAnswer(200, f"{server.url}/status/200")
    assert answer.is_alive
    assert server.seen == [("HEAD", "/status/200", f"127.0.0.1:{server.server_port}")]


def test_fetch_head_missing_page_is_asked_again_with_get(server: _Server) -> None:
    answer = _fetch(f"{server.url}/status/404")
    assert (answer.status, answer.error, answer.is_alive) == (404, "", False)
    assert [method for method, _path, _host in server.seen] == ["HEAD", "GET"]


def test_fetch_head_head_not_allowed_falls_back_to_get(server: _Server) -> None:
    assert _fetch(f"{server.url}/nohead/").status == 200


def test_fetch_head_follows_redirects_and_says_where_it_ended(server: _Server) -> None:
    answer = _fetch(f"{server.url}/to//status/204")
    assert (answer.status, answer.final_url) == (204, f"{server.url}/status/204")


def test_fetch_head_redirect_loop_ends(server: _Server) -> None:
    answer = _fetch(f"{server.url}/to/x")
    assert answer.error == LinkError.REDIRECTS
    assert len(server.seen) == links.MAX_REDIRECTS + 1


@pytest.mark.parametrize(
    "target", ["http://169.254.169.254/latest/", "http://10.0.0.1/", "http://localhost/", "http://[::1]/"]
)
def test_fetch_head_redirect_into_a_private_network_is_not_followed(server: _Server, target: str) -> None:
    answer = _fetch(f"{server.url}/to/{target}")
    assert (answer.status, answer.error) == (None, LinkError.PRIVATE)


@pytest.mark.parametrize("target", ["javascript:alert(1)", "ftp://example.org/", "http://u:p@example.org/"])
def test_fetch_head_redirect_to_what_is_no_public_link_is_invalid(server: _Server, target: str) -> None:
    assert _fetch(f"{server.url}/to/{target}").error == LinkError.INVALID


def test_fetch_head_private_address_without_permission_is_not_connected_to(server: _Server) -> None:
    assert fetch_head(f"{server.url}/status/200", timeout=5).error == LinkError.PRIVATE
    assert server.seen == []


def test_fetch_head_name_that_resolves_to_a_private_address_is_not_connected_to(
    server: _Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    _resolve_to(monkeypatch, "127.0.0.1")
    assert fetch_head("http://rebinding.example.org/", timeout=5).error == LinkError.PRIVATE


def test_fetch_head_connects_to_the_checked_address_under_the_name(
    server: _Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The name is resolved once; what a second look-up would say no longer matters."""
    monkeypatch.setattr(links, "ALLOWED_PORTS", {server.server_port})
    _resolve_to(monkeypatch, "127.0.0.1")
    answer = _fetch(f"http://some.example.org:{server.server_port}/status/200")
    assert answer.status == 200
    assert server.seen == [("HEAD", "/status/200", f"some.example.org:{server.server_port}")]


@pytest.mark.parametrize(
    ("path", "expected"),
    [("/status/200", (200, LinkError.NONE)), ("/status/405", (None, LinkError.PRIVATE))],
)
def test_fetch_head_name_that_turns_private_after_the_check_is_never_followed_there(
    server: _Server,
    monkeypatch: pytest.MonkeyPatch,
    path: str,
    expected: tuple[int | None, LinkError],
) -> None:
    """DNS rebinding: one question to the resolver for each request, and the connection goes to its answer.

    The second request (GET, after a HEAD that was refused) asks again, gets the private address, and is not made.
    """
    answers = iter(["8.8.8.8"])
    connected: list[str] = []
    connect = BaseSelectorEventLoop.sock_connect

    def getaddrinfo(host: str, *args: object, **kwargs: object) -> list[Any]:
        address = next(answers, "127.0.0.1") if host == "rebinding.example.org" else host
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, server.server_port))]

    async def sock_connect(loop: Any, sock: socket.socket, address: tuple[str, int]) -> None:
        connected.append(address[0])
        await connect(loop, sock, ("127.0.0.1", server.server_port))  # there is no way to 8.8.8.8 in a test

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    monkeypatch.setattr(BaseSelectorEventLoop, "sock_connect", sock_connect)

    answer = fetch_head(f"http://rebinding.example.org{path}", timeout=5)

    assert (answer.status, answer.error) == expected
    assert connected == ["8.8.8.8"]
    assert [host for _method, _path, host in server.seen] == ["rebinding.example.org"]


def test_fetch_head_endless_answer_is_not_read(server: _Server) -> None:
    assert _fetch(f"{server.url}/endless/").status == 200
    deadline = time.monotonic() + 5
    while not server.sent and time.monotonic() < deadline:
        time.sleep(0.05)
    assert 0 < server.sent < 20_000_000


def test_fetch_head_dripping_header_hits_the_limit_for_all_together(server: _Server) -> None:
    begun = time.monotonic()
    answer = _fetch(f"{server.url}/drip/", timeout=0.6)
    assert answer.error == LinkError.TIMEOUT
    assert time.monotonic() - begun < 4


def test_fetch_head_what_is_not_http_is_a_connection_error(server: _Server) -> None:
    assert _fetch(f"{server.url}/garbage/").error == LinkError.CONNECTION


def test_fetch_head_nobody_listens_is_a_connection_error() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    assert _fetch(f"http://127.0.0.1:{port}/").error == LinkError.CONNECTION


def test_fetch_head_plain_server_behind_https_is_a_tls_error(server: _Server) -> None:
    assert _fetch(server.url.replace("http:", "https:")).error == LinkError.TLS


def test_fetch_head_unknown_host_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*args: object, **kwargs: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    assert fetch_head("https://gone.example.org/", timeout=5).error == LinkError.UNKNOWN_HOST


def test_fetch_head_does_not_use_the_proxy_of_the_environment(
    server: _Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    assert _fetch(f"{server.url}/status/200").status == 200
