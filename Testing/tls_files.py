"""Certificates made on the fly by openssl, for tests of servers that are spoken to by TLS."""

from __future__ import annotations

import shutil
import ssl
import subprocess
from pathlib import Path

import pytest

_SETTINGS = """
[ca]
default_ca = own
[own]
database = index.txt
serial = serial
new_certs_dir = .
certificate = authority.pem
private_key = authority.key
default_md = sha256
policy = any
unique_subject = no
[any]
commonName = supplied
"""
_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
_VALID, _EXPIRED = ("20200101000000Z", "20991231000000Z"), ("20200101000000Z", "20200102000000Z")


class Authority:
    """Who vouches for servers; skips the test where openssl is missing.

    Parameters
    ----------
    folder : Path
        An empty one.
    """

    def __init__(self, folder: Path):
        if shutil.which("openssl") is None:
            pytest.skip("openssl is not installed")
        self._folder = folder
        for name, text in (("settings", _SETTINGS), ("index.txt", ""), ("serial", "1000"), ("empty", "")):
            (folder / name).write_text(text, encoding="utf-8")
        # What Python 3.13 asks of authorities.
        signs = ("-addext", "keyUsage = critical, keyCertSign, cRLSign")
        made = ("-keyout", "authority.key", "-out", "authority.pem", "-subj", "/CN=Authority")
        self._run("req", "-x509", *_KEY, *made, *signs)

    @property
    def certificate(self) -> Path:
        """Its own certificate."""
        return self._folder / "authority.pem"

    def vouch(self, name: str, place: str = "IP:127.0.0.1", expired: bool = False) -> tuple[Path, Path]:
        """Return a certificate for a place and its key."""
        made = self._folder / f"{name}.pem", self._folder / f"{name}.key"
        extensions = f"subjectAltName = {place}\nauthorityKeyIdentifier = keyid\nsubjectKeyIdentifier = hash\n"
        (self._folder / "extensions").write_text(extensions, encoding="utf-8")
        start, end = _EXPIRED if expired else _VALID
        self._run("req", "-new", *_KEY, "-keyout", made[1], "-out", "request", "-subj", f"/CN={name}")
        signed = ("-in", "request", "-out", made[0], "-startdate", start, "-enddate", end, "-extfile", "extensions")
        self._run("ca", "-batch", "-notext", "-config", "settings", *signed)
        return made

    def serving(self, certificate: tuple[Path, Path], asks: bool = False) -> ssl.SSLContext:
        """Return how a server shows a certificate, and asks for that of who connects."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*certificate)
        if asks:
            context.load_verify_locations(self.certificate)
            context.verify_mode = ssl.CERT_REQUIRED
        return context

    def _run(self, *arguments) -> None:
        subprocess.run(["openssl", *map(str, arguments)], cwd=self._folder, check=True, capture_output=True)
