"""Objects that are sent by TLS: to whom the user trusts, and to nobody else; where installed, to Orthanc."""

from __future__ import annotations

import shutil
import socket
import ssl
import threading
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

import sending_cases
from AbdominalCalcificationLib.sending import files_of
from sending_cases import a_result, orthanc, stored_in
from tls_files import Authority

pynetdicom = pytest.importorskip("pynetdicom")
NAMES = ["report.pdf.dcm", "report.capture.dcm"]
KINDS = ("https", "dicoms")
send = partial(sending_cases.send, timeout_s=5)


@pytest.fixture(scope="module")
def result(tmp_path_factory):
    return a_result(tmp_path_factory.mktemp("sent"))


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def good(authority):
    return authority.vouch("good")


@pytest.fixture
def server():
    """Start servers that store what they get, and say how often they did."""
    ends, stored = [], []

    class Web(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            stored.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *_):
            pass

    class Quiet(ThreadingHTTPServer):
        def handle_error(self, *_):
            pass

    def start(kind: str, context: ssl.SSLContext | None) -> str:
        if kind == "https":
            web = Quiet(("127.0.0.1", 0), Web)
            if context is not None:
                # The handshake is of the thread that answers: one that fails stops nobody else.
                web.socket = context.wrap_socket(web.socket, server_side=True, do_handshake_on_connect=False)
            threading.Thread(target=web.serve_forever, daemon=True).start()
            ends.append(lambda: (web.shutdown(), web.server_close()))
            return f"https://127.0.0.1:{web.server_address[1]}/dicomweb"
        entity = pynetdicom.AE(ae_title="ARCHIVE")
        for name in ("EncapsulatedPDFStorage", "SecondaryCaptureImageStorage"):
            entity.add_supported_context(getattr(pynetdicom.sop_class, name))
        handlers = [(pynetdicom.evt.EVT_C_STORE, lambda event: stored.append(event) or 0x0000)]
        archive = entity.start_server(("127.0.0.1", 0), block=False, evt_handlers=handlers, ssl_context=context)
        ends.append(archive.shutdown)
        return f"dicoms://ARCHIVE@127.0.0.1:{archive.server_address[1]}"

    start.stored = stored
    yield start
    for end in ends:
        end()


def last_line(capsys) -> str:
    (error,) = [line for line in capsys.readouterr().err.splitlines() if line.startswith("abdominal-calcification:")]
    return error


@pytest.mark.parametrize("kind", KINDS)
def test_who_is_vouched_for_gets_everything(result, authority, good, server, capsys, kind):
    place = server(kind, authority.serving(good))
    assert send(result, place, "--authority", authority.certificate) == 0
    told = capsys.readouterr()
    assert told.out.splitlines() == [f"stored  {name}" for name in NAMES]
    assert "without encryption" not in told.err
    assert len(server.stored) == 2


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("certificate", "trusts", "told"),
    [
        ({}, False, "name the certificate of who vouches for it with --authority"),
        ({"expired": True}, True, "expired), so nothing was sent; ask who runs it for a valid one"),
        ({"place": "DNS:pacs.example"}, True, "write the host as its certificate names it"),
        ({"place": "IP:127.0.0.9"}, True, "write the host as its certificate names it"),
    ],
    ids=["unknown", "expired", "other host", "other address"],
)
def test_nobody_else_gets_anything(result, authority, server, capsys, kind, certificate, trusts, told):
    place = server(kind, authority.serving(authority.vouch("bad", **certificate)))
    before = {path: path.read_bytes() for path in result.rglob("*.dcm")}
    assert send(result, place, *(["--authority", authority.certificate] if trusts else [])) == 2
    error = last_line(capsys)
    assert "its certificate is not trusted" in error
    assert told in error
    assert not server.stored
    assert {path: path.read_bytes() for path in result.rglob("*.dcm")} == before


@pytest.mark.parametrize("kind", KINDS)
def test_who_speaks_no_tls_gets_nothing(result, authority, server, capsys, kind):
    assert send(result, server(kind, None), "--authority", authority.certificate) == 2
    assert "TLS failed" in last_line(capsys)
    assert not server.stored


@pytest.mark.parametrize("kind", KINDS)
def test_who_speaks_tls_alone_gets_nothing_without(result, authority, good, server, capsys, kind):
    place = server(kind, authority.serving(good)).replace("https:", "http:").replace("dicoms:", "dicom:")
    assert send(result, place) == 2
    assert last_line(capsys)
    assert not server.stored


@pytest.mark.parametrize("kind", KINDS)
def test_a_server_that_asks_for_a_certificate(result, authority, good, server, capsys, kind):
    place = server(kind, authority.serving(good, asks=True))
    assert send(result, place, "--authority", authority.certificate) == 2
    error = last_line(capsys)
    # The server may cut the connection before its reason was read.
    assert "certificate of yours" in error or (kind == "https" and "the connection was cut" in error)
    assert not server.stored
    own, key = authority.vouch("sender")
    assert send(result, place, "--authority", authority.certificate, "--certificate", own, "--key", key) == 0
    assert len(server.stored) == 2


def test_files_that_are_no_certificates_are_named(result, server, tmp_path, capsys):
    (tmp_path / "none.pem").write_text("nothing", encoding="utf-8")
    assert send(result, "https://127.0.0.1:4", "--authority", tmp_path / "none.pem") == 2
    assert "none.pem' cannot be used for TLS" in last_line(capsys)


@pytest.mark.parametrize(
    ("to", "more", "told"),
    [
        ("http://127.0.0.1:4/x", ["--authority", "a.pem"], "--authority is for TLS"),
        ("dicom://A@127.0.0.1:4", ["--certificate", "a.pem"], "--certificate is for TLS"),
        ("https://127.0.0.1:4/x", ["--key", "a.pem"], "name that with --certificate"),
        ("dicoms://A@127.0.0.1:4", ["--authorization", "a"], "--authorization is for DICOMweb"),
    ],
)
def test_what_would_not_be_used_is_refused(result, capsys, to, more, told):
    assert send(result, to, *more) == 2
    assert told in last_line(capsys)


@pytest.mark.parametrize("kind", KINDS)
def test_no_proxy_of_the_environment_gets_anything(result, authority, good, server, monkeypatch, kind):
    with socket.socket() as proxy:
        proxy.bind(("127.0.0.1", 0))
        proxy.listen()
        proxy.settimeout(0.2)
        for name in ("http_proxy", "https_proxy", "all_proxy", "HTTPS_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.getsockname()[1]}")
        assert send(result, server(kind, authority.serving(good)), "--authority", authority.certificate) == 0
        with pytest.raises(TimeoutError):
            proxy.accept()
    assert len(server.stored) == 2


@pytest.mark.skipif(shutil.which("Orthanc") is None, reason="needs Orthanc")
def test_orthanc_stores_what_is_sent_by_tls(result, authority, good, tmp_path):
    certificate, key = good
    own, own_key = authority.vouch("to-orthanc")
    settings = {
        **{"DicomTlsEnabled": True, "DicomTlsCertificate": str(certificate), "DicomTlsPrivateKey": str(key)},
        **{"DicomTlsTrustedCertificates": str(authority.certificate), "DicomTlsRemoteCertificateRequired": True},
    }
    with orthanc(tmp_path, **settings) as (web, port):
        place = f"dicoms://ORTHANC@127.0.0.1:{port}"
        shown = ["--authority", authority.certificate, "--certificate", own, "--key", own_key]
        assert send(result, place, *shown, "--quiet") == 0
        assert stored_in(web) == {file.sop_instance for file in files_of(result)}
        assert send(result, place, *shown[:2]) == 2
