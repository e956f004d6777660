"""Why a server cannot be spoken to, in one line."""

from __future__ import annotations

import errno
import http.client
import socket
import ssl

from ..errors import InputError
from .destination import Destination

# What OpenSSL says of alerts about a client's certificate (RFC 8446, 6.2), and its codes of errors (x509_vfy.h).
_OWN_CERTIFICATE = ("ALERT_CERTIFICATE", "ALERT_BAD_CERTIFICATE", "ALERT_UNKNOWN_CA", "ALERT_HANDSHAKE_FAILURE")
_EXPIRED, _NOT_YET_VALID, _OTHER_HOST, _OTHER_ADDRESS = 10, 9, 62, 64


def check_reachable(destination: Destination, timeout_s: float, tls: ssl.SSLContext | None = None) -> None:
    """Raise InputError where nobody listens at a destination, or none who may: libraries that connect later do not say
    why.
    """
    try:
        with socket.create_connection((destination.host, destination.port), timeout_s) as connection:
            if tls is not None:
                tls.wrap_socket(connection, server_hostname=destination.host).close()
    except OSError as error:
        raise unreachable(destination, error) from None


def unreachable(destination: Destination, error: Exception) -> InputError:
    """Return the error about a server that cannot be connected to, or must not be trusted."""
    return InputError(f"{destination} cannot be reached ({why(error)}), so nothing was sent; {_advice(error)}.")


def _advice(error: Exception) -> str:
    code = error.verify_code if isinstance(error, ssl.SSLCertVerificationError) else None
    if code is None:
        return "check the address"
    if code in (_EXPIRED, _NOT_YET_VALID):
        return "ask who runs it for a valid one, and check the date of this computer"
    if code in (_OTHER_HOST, _OTHER_ADDRESS):
        return "write the host as its certificate names it, or ask who runs it"
    return "name the certificate of who vouches for it with --authority"


def why(error: Exception) -> str:
    """Return in a few words what an error of a connection says."""
    if isinstance(error, socket.gaierror):
        return "no host has this name"
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted: {error.verify_message}"
    if isinstance(error, (ssl.SSLEOFError, ssl.SSLZeroReturnError)):
        return "TLS failed: the connection was cut, as by a server that speaks no TLS, or wants a certificate of yours"
    if isinstance(error, ssl.SSLError) and any(word in (error.reason or "") for word in _OWN_CERTIFICATE):
        return "TLS failed: it wants a certificate of yours (--certificate), or does not take the one that is named"
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
