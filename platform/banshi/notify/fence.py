"""No call of ours leads into the own network: an address that somebody typed must not reach what only this machine can reach.

The name is looked up here, every address it has is judged, and the connection goes to the one that was judged: a name server that answers
differently the second time changes nothing.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

import httpcore

from banshi.errors import Invalid
from banshi.texts import translator

_ = translator("banshi")

LONGEST = 1000
UNKNOWN, INSIDE = "the name is not known", "the name leads to an address of the own network: not called"
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


class Fenced(httpcore.ConnectError):
    """The name leads to an address of the own network."""


class Fence(httpcore.AnyIOBackend):
    """Connects only to addresses that anybody could reach, unless ``private`` ones are allowed."""

    def __init__(self, *, private: bool, at_once: int = 8) -> None:
        self._private = private
        # Threads of its own: a name server that does not answer holds up no other work that needs one.
        self._asking = ThreadPoolExecutor(at_once, thread_name_prefix="names")

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 -- the library's own signature
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Connect to the first address of a name that is allowed and answers."""
        try:
            loop = asyncio.get_running_loop()
            found = await loop.run_in_executor(self._asking, lambda: socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except OSError:
            raise httpcore.ConnectError(UNKNOWN) from None
        addresses = list(dict.fromkeys(str(info[4][0]) for info in found))
        if not self._private and not all(is_public(a) for a in addresses):
            raise Fenced(INSIDE)
        last: Exception = httpcore.ConnectError("the name has no address")
        for address in addresses:
            try:
                return await super().connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                last = error
        raise last


def is_public(written: str) -> bool:
    """Return whether an address is one that anybody could reach; one that carries another inside is judged by that, too."""
    address = ipaddress.ip_address(written.partition("%")[0])
    if isinstance(address, ipaddress.IPv6Address):
        inside = address.ipv4_mapped or address.sixtofour or (address.teredo or (None, None))[1]
        if inside is None and address in _NAT64:
            inside = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inside is not None:
            return is_public(str(inside))
    return address.is_global and not address.is_multicast


def read_url(written: str, *, private: bool) -> str:
    """Return the address of a webhook as it is called; Invalid (field ``url``) that says what is wrong with it."""
    plain = written.strip()
    problem: Any = None
    try:
        parts = urlsplit(plain)
        host, port = parts.hostname or "", parts.port
        ascii_host = host.encode("idna").decode() if host and ":" not in host else host
    except (ValueError, UnicodeError):
        raise Invalid(_("Some answers need your attention."), {"url": _("Enter an address such as https://example.org/hook.")}) from None
    if parts.scheme not in {"https", "http"} or not host or any(c.isspace() or not c.isprintable() for c in plain) or len(plain) > LONGEST:
        problem = _("Enter an address such as https://example.org/hook.")
    elif parts.scheme == "http" and not private:
        problem = _("The address must begin with https: what is sent would be read on the way.")
    elif parts.username is not None or parts.password is not None or parts.fragment:
        problem = _("The address may hold no password and no # part; the signature says who calls.")
    elif port == 0 or not parts.path.isascii() or not parts.query.isascii():
        problem = _("Enter an address such as https://example.org/hook.")
    elif not private and (host == "localhost" or host.endswith(".localhost") or not _may_be_public(host)):
        problem = _("This address lies in the own network. Webhooks may not lead there.")
    if problem is not None:
        raise Invalid(_("Some answers need your attention."), {"url": problem})
    netloc = (f"[{ascii_host}]" if ":" in ascii_host else ascii_host) + (f":{port}" if port else "")
    return parts._replace(netloc=netloc, path=parts.path or "/", fragment="").geturl()


def _may_be_public(host: str) -> bool:
    """A number is judged at once; a name when it is called."""
    try:
        return is_public(host)
    except ValueError:
        return not host.replace(".", "").isdigit()  # 2130706433 is 127.0.0.1, too
