"""Sending by DICOMweb's STOW-RS (DICOM PS3.18, 10.5): one request for each object, so that each has its own answer."""

from __future__ import annotations

import http.client
import json
import uuid
from collections.abc import Generator, Sequence

from .. import __version__
from ..progress import Progress
from .connection import unreachable, why
from .destination import Credentials, Destination
from .files import GONE, Outcome, SentFile

_NOT_SENT = "not sent, since the connection was cut before"
_PART = 1 << 16
_MOST_OF_ANSWER = 1 << 20
_FAILED, _FAILURE_REASON = "00081198", "00081197"
_WARNING_REASON, _STORED = "00081196", "00081199"
_MEANINGS = {
    400: "it does not understand the request",
    401: "it wants to know who sends; name a file with --authorization",
    403: "it does not let this sender store",
    404: "there is no DICOMweb service at this path",
    405: "nothing can be stored at this path",
    409: "it refuses the object",
    413: "the object is too large for it",
    415: "it takes no objects of this kind",
    503: "it is busy; try again later",
}


def stow_steps(
    files: Sequence[SentFile], destination: Destination, credentials: Credentials, timeout_s: float
) -> Generator[Progress | Outcome, None, None]:
    """Send files one after the other; closing this ends the connection.

    Yields
    ------
    Progress or Outcome
        One outcome for each file, in order, as soon as it is known.

    Raises
    ------
    InputError
        Where the server cannot be connected to; nothing was sent then.
    """
    header = credentials.header()
    tls = credentials.tls() if destination.scheme == "https" else None
    yield Progress(f"Connecting to {destination}", 0.0)
    connection = _connection(destination, tls, timeout_s)
    try:
        connection.connect()
    except (OSError, http.client.HTTPException) as error:
        raise unreachable(destination, error) from None
    try:
        for number, file in enumerate(files):
            shown = Progress(f"Sending {file.path.name}", number / len(files))
            yield shown
            try:
                content = file.path.read_bytes()
            except OSError:
                yield Outcome(file, False, GONE)
                continue
            try:
                outcome = yield from _posted(connection, destination, file, content, header, shown)
            except (OSError, http.client.HTTPException) as error:
                yield Outcome(file, False, why(error))
                yield from (Outcome(each, False, _NOT_SENT) for each in files[number + 1 :])
                break
            yield outcome
        yield Progress("Sending", 1.0)
    finally:
        connection.close()


def _connection(destination: Destination, tls, timeout_s: float) -> http.client.HTTPConnection:
    if tls is not None:
        return http.client.HTTPSConnection(destination.host, destination.port, timeout=timeout_s, context=tls)
    return http.client.HTTPConnection(destination.host, destination.port, timeout=timeout_s)


def _posted(
    connection: http.client.HTTPConnection,
    destination: Destination,
    file: SentFile,
    content: bytes,
    header: str | None,
    shown: Progress,
) -> Generator[Progress, None, Outcome]:
    boundary = f"part-{uuid.uuid4().hex}"
    head = f"--{boundary}\r\nContent-Type: application/dicom\r\n\r\n".encode("ascii")
    body = head + content + f"\r\n--{boundary}--\r\n".encode("ascii")
    connection.putrequest("POST", f"{destination.path}/studies")
    for name, value in (
        ("Content-Type", f'multipart/related; type="application/dicom"; boundary={boundary}'),
        ("Content-Length", str(len(body))),
        ("Accept", "application/dicom+json"),
        ("User-Agent", f"AbdominalCalcification/{__version__}"),
    ):
        connection.putheader(name, value)
    if header is not None:
        connection.putheader("Authorization", header)
    connection.endheaders()
    for start in range(0, len(body), _PART):
        connection.send(body[start : start + _PART])
        yield shown
    answer = connection.getresponse()
    said = answer.read(_MOST_OF_ANSWER)
    if not answer.isclosed():
        connection.close()  # more of an answer than any has; the next request connects again
    return _outcome(file, answer, said)


def _outcome(file: SentFile, answer: http.client.HTTPResponse, said: bytes) -> Outcome:
    failed, warning = _told(said)
    if answer.status in (200, 202) and not failed:
        return Outcome(file, True, warning)
    if 300 <= answer.status < 400:
        return Outcome(file, False, f"it points to {answer.headers.get('Location', 'another address')}; name that one")
    meaning = _MEANINGS.get(answer.status, answer.reason or "it gives no reason")
    return Outcome(file, False, f"HTTP {answer.status}: {failed or meaning}")


def _told(said: bytes) -> tuple[str, str]:
    """Return why an answer (PS3.18, I.2) says that an object is not stored, and its warnings; else empty texts."""
    try:
        document = json.loads(said.decode("utf-8"))
        document = document[0] if isinstance(document, list) else document
        failures = document.get(_FAILED, {}).get("Value") or []
        stored = document.get(_STORED, {}).get("Value") or []
        reasons = [each.get(_FAILURE_REASON, {}).get("Value", [0])[0] for each in failures]
        warnings = [code for each in stored for code in each.get(_WARNING_REASON, {}).get("Value", [])]
        failed = ", ".join(f"not stored, reason 0x{int(code):04X}" for code in reasons)
        return failed, ", ".join(f"warning 0x{int(code):04X}" for code in warnings)
    except (ValueError, AttributeError, TypeError, IndexError):
        return "", ""
