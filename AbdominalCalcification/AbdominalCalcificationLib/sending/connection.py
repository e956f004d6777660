"""Why a server cannot be spoken to, in one line."""

from __future__ import annotations

import errno
import http.client
import socket
import ssl

from ..errors import InputError
from .destination import Destination


def check_reachable(destination: Destination, timeout_s: float) -> None:
    """Raise InputError where nobody listens at a destination: libraries that connect later do not say why."""
    try:
        socket.create_connection((destination.host, destination.port), timeout_s).close()
    except OSError as error:
        raise unreachable(destination, error) from None


def unreachable(destination: Destination, error: Exception) -> InputError:
    """Return the error about a server that cannot be connected to."""
    return InputError(f"{destination} cannot be reached ({why(error)}), so nothing was sent; check the address.")


def why(error: Exception) -> str:
    """Return in a few words what an error of a connection says."""
    if isinstance(error, socket.gaierror):
        return "no host has this name"
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted: {error.verify_message}"
    if isinstance(error, ssl.SSLError):
        return f"TLS failed: {error.reason or error}"
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, ConnectionRefusedError):
        return "connection refused"
    cut = (ConnectionResetError, BrokenPipeError, ConnectionAbortedError, http.client.IncompleteRead)
    if isinstance(error, (*cut, http.client.RemoteDisconnected)):
        return "the connection was cut"
    if isinstance(error, http.client.HTTPException):
        return "what answers there does not speak HTTP"
    if isinstance(error, OSError) and error.errno in (errno.EHOSTUNREACH, errno.ENETUNREACH):
        return "there is no way to this host"
    return str(getattr(error, "strerror", None) or error or type(error).__name__)
