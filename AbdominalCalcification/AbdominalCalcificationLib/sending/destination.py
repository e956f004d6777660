"""Where objects are sent to, as the user writes it."""

from __future__ import annotations

import re
import ssl
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from ..errors import InputError

_PORTS = {"dicom": 104, "dicoms": 2762, "http": 80, "https": 443}
_ENCRYPTED = ("dicoms", "https")
# PS3.5, 6.2: the default characters without the backslash and control characters, 1 to 16 of them.
_TITLE = re.compile(r"[\x20-\x5b\x5d-\x7e]{1,16}")
_FORMS = "dicom://AETITLE@HOST:PORT, dicoms://AETITLE@HOST:PORT (TLS), https://HOST/PATH (DICOMweb)"


@dataclass(frozen=True)
class Destination:
    """An archive.

    Attributes
    ----------
    scheme : {'dicom', 'dicoms', 'http', 'https'}
    host : str
    port : int
    title : str
        Its AE title; empty for DICOMweb.
    path : str
        Of its DICOMweb services; empty for C-STORE.
    """

    scheme: str
    host: str
    port: int
    title: str = ""
    path: str = ""

    @property
    def is_web(self) -> bool:
        """Whether it is spoken to by DICOMweb."""
        return self.scheme.startswith("http")

    @property
    def is_encrypted(self) -> bool:
        """Whether by TLS."""
        return self.scheme in _ENCRYPTED

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{self.title and self.title + '@'}{host}:{self.port}{self.path}"


@dataclass(frozen=True)
class Credentials:
    """What is shown to an archive, and what it has to show.

    Attributes
    ----------
    own_title : str
        AE title of who sends.
    authority : Path or None
        Certificates (PEM) that vouch for the server; those of the system without it.
    certificate, key : Path or None
        Own certificate and its key (PEM), for servers that ask for one.
    authorization : Path or None
        File whose text is sent as the header ``Authorization`` of DICOMweb.
    """

    own_title: str = "ABDCALC"
    authority: Path | None = None
    certificate: Path | None = None
    key: Path | None = None
    authorization: Path | None = None

    def __post_init__(self):
        _check_title(self.own_title)

    def tls(self) -> ssl.SSLContext:
        """Return how the server is checked; InputError where a file cannot be used."""
        try:
            context = ssl.create_default_context(cafile=None if self.authority is None else str(self.authority))
            if self.certificate is not None:
                context.load_cert_chain(str(self.certificate), None if self.key is None else str(self.key))
        except (OSError, ssl.SSLError) as error:
            named = " or ".join(f"'{each}'" for each in (self.authority, self.certificate, self.key) if each)
            raise InputError(f"{named} cannot be used for TLS ({error.strerror or error}); give PEM files.") from None
        return context

    def header(self) -> str | None:
        """Return the header ``Authorization``; InputError where its file cannot be used."""
        if self.authorization is None:
            return None
        try:
            text = self.authorization.read_text(encoding="utf-8").strip()
        except (OSError, ValueError):
            text = ""
        if not text or not text.isprintable() or not text.isascii():
            raise InputError(f"'{self.authorization}' holds no line such as 'Bearer …'; write one into it.")
        return text


def check_used(destination: Destination, credentials: Credentials) -> None:
    """Refuse what a destination is not shown or asked for: who gives it believes that it protects.

    Raises
    ------
    InputError
    """
    files = {"--authority": credentials.authority, "--certificate": credentials.certificate, "--key": credentials.key}
    given = [option for option, path in files.items() if path is not None]
    if given and not destination.is_encrypted:
        secure = "https" if destination.is_web else "dicoms"
        raise InputError(f"{given[0]} is for TLS, and {destination} is not; write {secure}://…")
    if credentials.key is not None and credentials.certificate is None:
        raise InputError("--key belongs to a certificate; name that with --certificate.")
    if credentials.authorization is not None and not destination.is_web:
        raise InputError("--authorization is for DICOMweb; C-STORE knows senders by their AE title and certificate.")


def parse_destination(text: str) -> Destination:
    """Return what an address stands for.

    Raises
    ------
    InputError
        Where it is none.

    Examples
    --------
    >>> print(parse_destination("dicom://ARCHIVE@pacs.example:11112"))
    dicom://ARCHIVE@pacs.example:11112
    """
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        parts, port = urlsplit(""), None
    if parts.scheme not in _PORTS or not parts.hostname or parts.query or parts.fragment:
        raise InputError(f"'{_without_password(text)}' is no place to send to; write {_FORMS}.")
    port = _PORTS[parts.scheme] if port is None else port
    if parts.scheme.startswith("http"):
        if parts.username is not None:
            raise InputError("A password does not belong into an address; name a file with it by --authorization.")
        return Destination(parts.scheme, parts.hostname, port, path=parts.path.rstrip("/"))
    title = parts.netloc.rpartition("@")[0].strip()
    if not title or parts.path.strip("/"):
        raise InputError(f"'{text}' has no AE title before its host, or a path after it; write {_FORMS}.")
    _check_title(title)
    return Destination(parts.scheme, parts.hostname, port, title=title)


def _check_title(title: str) -> None:
    if not title.strip() or not _TITLE.fullmatch(title):
        raise InputError(f"'{title}' is no AE title; it has 1 to 16 plain characters.")


def _without_password(text: str) -> str:
    return re.sub(r"(?<=:)[^:@/]*(?=@)", "…", text)
