"""Links that people type, and how the hub itself may follow them.

A link is shown to everybody and is followed by the hub's own link check. So it must lead to the public internet,
and the check must not become a way into the network that the hub stands in: each address is checked when
the connection is made, not only the name, and again after every redirect.
"""

from __future__ import annotations

import asyncio
import ipaddress
import re
import socket
import ssl
from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, urlsplit

import httpx
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

MAX_URL_CHARS = 2000
ALLOWED_PORTS = frozenset({80, 443, 8000, 8080, 8443})
_DEFAULT_PORTS = {"http": 80, "https": 443}
# Names that mean something only inside a network (RFC 2606, 6761, 6762, 8375, and usual practice).
_PRIVATE_SUFFIXES = (
    "localhost", "localdomain", "local", "internal", "intranet", "private", "corp", "home", "lan", "home.arpa",
    "invalid", "onion",
)  # fmt: skip
_UNSAFE_CHARS = re.compile(r"[\x00-\x20\x7f-\xa0\\\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]")
_MAX_NAME_CHARS = 253
_LABEL = re.compile(r"^(?!-)[a-z0-9_-]{1,63}(?<!-)$")
_NUMERIC_LABEL = re.compile(r"^(0x[0-9a-f]*|[0-9]+)$")
# Of IPv6 only this part is given to anybody (IANA). All else leads nowhere, into our own network, or, as mapped and
# NAT64 addresses do, to an IPv4 address that should be named itself.
_GIVEN_OUT = ipaddress.IPv6Network("2000::/3")
# Within the public ranges by Python's tables: 6to4 and its relay, protocol assignments, documentation.
_NOT_PUBLIC = (
    ipaddress.ip_network("2002::/16"),
    ipaddress.ip_network("3fff::/20"),
    ipaddress.ip_network("192.0.0.0/24"),
    ipaddress.ip_network("192.88.99.0/24"),
)

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
IPNetwork = ipaddress.IPv4Network | ipaddress.IPv6Network


class NotPublicError(ValueError):
    """The address does not lead to the public internet, or to no address at all."""

    def __init__(self, message: str | _StrPromise, code: str) -> None:
        super().__init__(str(message))
        self.message = message
        self.code = code


def validate_public_url(url: str) -> None:
    """Django validator: an http(s) link to a public host, without a name and password in it."""
    try:
        _check_url(url)
    except NotPublicError as error:
        raise ValidationError(error.message, code=error.code) from error


def is_public(address: IPAddress) -> bool:
    """Whether the address belongs to a computer on the public internet, and not to a way to some other address."""
    if isinstance(address, ipaddress.IPv6Address) and (address not in _GIVEN_OUT or address.teredo):
        return False
    if any(_contains(network, address) for network in _NOT_PUBLIC):
        return False
    return address.is_global and not address.is_multicast and not address.is_reserved


def resolve_public(host: str, *, allowed_networks: Collection[str] = ()) -> list[str]:
    """The addresses of a host, all of them public or in one of the allowed networks; connect to these only.

    Raises NotPublicError if any address is not (so that a name with a public and a private address is of no use
    to an attacker), and OSError if the name is unknown.
    """
    networks = [ipaddress.ip_network(network) for network in allowed_networks]
    found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    for address in addresses:
        if not _may_connect(ipaddress.ip_address(address), networks):
            raise NotPublicError(_("This link leads into a private network."), "private")
    return addresses


# --- Checking -------------------------------------------------------------------------------------


def _check_url(url: str, networks: Collection[IPNetwork] = ()) -> SplitResult:
    if len(url) > MAX_URL_CHARS:
        raise NotPublicError(_("This link is too long."), "too_long")
    if _UNSAFE_CHARS.search(url):
        raise NotPublicError(_("This link contains characters that no link may have."), "invalid")
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError as error:
        raise NotPublicError(_("This is not a valid link."), "invalid") from error
    if parts.scheme not in _DEFAULT_PORTS:
        raise NotPublicError(_("A link has to begin with http:// or https://."), "scheme")
    if parts.username is not None or parts.password is not None:
        raise NotPublicError(_("A link must not contain a user name or password."), "credentials")
    if not host:
        raise NotPublicError(_("This is not a valid link."), "invalid")
    is_allowed_address = _check_host(host, networks)
    if port is not None and port not in ALLOWED_PORTS and not is_allowed_address:
        raise NotPublicError(_("Links to this port are not accepted."), "port")
    return parts


def _check_host(host: str, networks: Collection[IPNetwork]) -> bool:
    """True if the host is an address in one of the allowed networks."""
    name = _ascii_name(host)
    address = _literal(name)
    if address is None:
        _check_name(name)
        return False
    if any(_contains(network, address) for network in networks):
        return True
    if not is_public(address):
        raise NotPublicError(_("This link leads into a private network."), "private")
    return False


def _ascii_name(host: str) -> str:
    """As a resolver would take it: full-width digits and dots are digits and dots."""
    if host.isascii():
        return host.lower()
    try:
        return host.encode("idna").decode("ascii").lower()
    except UnicodeError as error:
        raise NotPublicError(_("This is not a valid link."), "invalid") from error


def _literal(name: str) -> IPAddress | None:
    """The address if the name is one, also in the decimal, octal, hexadecimal and short forms of old."""
    if "%" in name:
        raise NotPublicError(_("This is not a valid link."), "invalid")
    try:
        return ipaddress.ip_address(name)
    except ValueError:
        pass
    if ":" in name:
        raise NotPublicError(_("This is not a valid link."), "invalid")
    if not _NUMERIC_LABEL.match(name.rsplit(".", 1)[-1]):
        return None
    try:
        return ipaddress.IPv4Address(socket.inet_aton(name))
    except OSError as error:
        raise NotPublicError(_("This is not a valid link."), "invalid") from error


def _check_name(name: str) -> None:
    labels = name.split(".")
    if len(name) > _MAX_NAME_CHARS or not all(_LABEL.match(label) for label in labels):
        raise NotPublicError(_("This is not a valid link."), "invalid")
    if len(labels) == 1 or any(name == suffix or name.endswith(f".{suffix}") for suffix in _PRIVATE_SUFFIXES):
        raise NotPublicError(_("This link leads into a private network."), "private")


def _may_connect(address: IPAddress, networks: Collection[IPNetwork]) -> bool:
    return is_public(address) or any(_contains(network, address) for network in networks)


def _contains(network: IPNetwork, address: IPAddress) -> bool:
    return network.version == address.version and address in network


# --- Following ------------------------------------------------------------------------------------

MAX_REDIRECTS = 5
_READ_BYTES = 4096
_REDIRECTS = frozenset({301, 302, 303, 307, 308})


class LinkError(StrEnum):
    """Why a link gave no answer; an HTTP status is an answer, whatever it says."""

    NONE = ""
    INVALID = "invalid"
    PRIVATE = "private"
    UNKNOWN_HOST = "unknown_host"
    CONNECTION = "connection"
    TLS = "tls"
    TIMEOUT = "timeout"
    REDIRECTS = "redirects"


@dataclass(frozen=True)
class LinkAnswer:
    """What a link answered: the last status (None without an answer), where it ended, and what went wrong."""

    status: int | None
    final_url: str
    error: LinkError = LinkError.NONE

    @property
    def is_alive(self) -> bool:
        """A page was there, or one that only signed-in or slower readers may see."""
        return self.status is not None and (
            self.status < HTTPStatus.BAD_REQUEST
            or self.status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.TOO_MANY_REQUESTS}
        )


class _StoppedError(Exception):
    def __init__(self, error: LinkError, url: str) -> None:
        super().__init__(error)
        self.error = error
        self.url = url


def fetch_head(url: str, *, allowed_networks: Collection[str] = (), timeout: float = 15.0) -> LinkAnswer:
    """Ask whether a link answers, within ``timeout`` seconds for everything: names, redirects, reading.

    HEAD first, then GET where HEAD is refused, reading a few kB at most. Proxy settings of the environment are not
    used, since through a proxy the address that is connected to could not be chosen. Not for use inside a running
    event loop.
    """
    return asyncio.run(_fetch(url, allowed_networks, timeout))


async def _fetch(url: str, allowed_networks: Collection[str], timeout: float) -> LinkAnswer:  # noqa: ASYNC109 - for all together
    networks = [ipaddress.ip_network(network) for network in allowed_networks]
    try:
        async with (
            asyncio.timeout(timeout),
            httpx.AsyncClient(trust_env=False, follow_redirects=False, timeout=timeout) as client,
        ):
            return await _follow(client, url, networks)
    except TimeoutError:
        return LinkAnswer(None, url, LinkError.TIMEOUT)
    except _StoppedError as stopped:
        return LinkAnswer(None, stopped.url, stopped.error)


async def _follow(client: httpx.AsyncClient, url: str, networks: Collection[IPNetwork]) -> LinkAnswer:
    method = "HEAD"
    redirects = 0
    while True:
        status, location = await _ask(client, method, url, networks)
        if status in _REDIRECTS and location:
            redirects += 1
            if redirects > MAX_REDIRECTS:
                raise _StoppedError(LinkError.REDIRECTS, url)
            url = _join(url, location)
        elif status >= HTTPStatus.BAD_REQUEST and method == "HEAD":
            method = "GET"
        else:
            return LinkAnswer(status, url)


def _join(url: str, location: str) -> str:
    try:
        return str(httpx.URL(url).join(location))
    except (httpx.InvalidURL, ValueError) as error:
        raise _StoppedError(LinkError.INVALID, url) from error


async def _ask(
    client: httpx.AsyncClient, method: str, url: str, networks: Collection[IPNetwork]
) -> tuple[int, str]:
    """One request to the checked address itself; the name travels in the Host header and in TLS."""
    try:
        request = await _request_to_address(client, method, url, networks)
        response = await client.send(request, stream=True)
        try:
            if method == "GET":
                await _read_a_little(response)
            return response.status_code, response.headers.get("Location", "")
        finally:
            await response.aclose()
    except NotPublicError as error:
        code = LinkError.PRIVATE if error.code == "private" else LinkError.INVALID
        raise _StoppedError(code, url) from error
    except socket.gaierror as error:
        raise _StoppedError(LinkError.UNKNOWN_HOST, url) from error
    except httpx.TimeoutException as error:
        raise _StoppedError(LinkError.TIMEOUT, url) from error
    except (httpx.InvalidURL, UnicodeError) as error:
        raise _StoppedError(LinkError.INVALID, url) from error
    except (httpx.HTTPError, OSError) as error:
        raise _StoppedError(_connection_error(error), url) from error


async def _request_to_address(
    client: httpx.AsyncClient, method: str, url: str, networks: Collection[IPNetwork]
) -> httpx.Request:
    parts = _check_url(url, networks)
    host = _ascii_name((parts.hostname or "").rstrip("."))
    allowed = [str(network) for network in networks]
    loop = asyncio.get_running_loop()
    addresses = await loop.run_in_executor(None, lambda: resolve_public(host, allowed_networks=allowed))
    target = httpx.URL(url)
    host_header = host if ":" not in host else f"[{host}]"
    if target.port is not None:
        host_header = f"{host_header}:{target.port}"
    headers = {
        "Host": host_header,
        "User-Agent": f"ClusterHub link check (+{settings.SITE_URL})",
        "Accept": "*/*",
    }
    return client.build_request(
        method, target.copy_with(host=addresses[0]), headers=headers, extensions=_named(client, host)
    )


def _named(client: httpx.AsyncClient, host: str) -> dict[str, object]:
    """TLS has to ask for, and check the certificate of, the name and not the address."""
    return {"timeout": client.timeout.as_dict(), "sni_hostname": host}


async def _read_a_little(response: httpx.Response) -> None:
    """Some servers fail only while they send; as they are (no unpacking), and no more than a few kB."""
    count = 0
    async for chunk in response.aiter_raw():
        count += len(chunk)
        if count >= _READ_BYTES:
            return


def _connection_error(error: BaseException) -> LinkError:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLError):
            return LinkError.TLS
        cause = cause.__cause__ or cause.__context__
    return LinkError.CONNECTION
