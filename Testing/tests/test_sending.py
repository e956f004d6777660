"""Objects that are sent: stored, refused, cut off, never lost; against servers in this process and, where installed,
Orthanc."""

from __future__ import annotations

import json
import shutil
import socket
import threading
import time
from email.parser import BytesParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO

import pydicom
import pytest

from AbdominalCalcificationLib import cli
from AbdominalCalcificationLib.errors import InputError
from AbdominalCalcificationLib.sending import files_of, parse_destination, send_steps
from sending_cases import a_result, orthanc, send, stored_in

pynetdicom = pytest.importorskip("pynetdicom")
NAMES = ["report.pdf.dcm", "report.capture.dcm"]


@pytest.fixture(scope="module")
def result(tmp_path_factory):
    return a_result(tmp_path_factory.mktemp("sent"))


def before(folder) -> dict:
    return {path.name: path.read_bytes() for path in (folder / "dicom").iterdir()}


@pytest.fixture
def archive():
    """Start pynetdicom servers that answer as `handler` does; end them afterwards."""
    servers = []

    def start(handler, title="ARCHIVE", classes=("EncapsulatedPDFStorage", "SecondaryCaptureImageStorage")) -> str:
        entity = pynetdicom.AE(ae_title=title)
        entity.require_called_aet = True
        for name in classes:
            entity.add_supported_context(getattr(pynetdicom.sop_class, name))
        handlers = [(pynetdicom.evt.EVT_C_STORE, handler)]
        servers.append(entity.start_server(("127.0.0.1", 0), block=False, evt_handlers=handlers))
        return f"dicom://ARCHIVE@127.0.0.1:{servers[-1].server_address[1]}"

    yield start
    for server in servers:
        server.shutdown()


@pytest.fixture
def web():
    """Start HTTP servers that answer a POST with what `answer(handler, body)` returns: status and document."""
    servers = []

    def start(answer) -> str:
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                told = answer(self, body)
                if told is None:
                    self.connection.shutdown(socket.SHUT_RDWR)
                    self.close_connection = True
                    return
                status, document = told
                content = json.dumps(document).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_):
                pass

        servers.append(ThreadingHTTPServer(("127.0.0.1", 0), Handler))
        threading.Thread(target=servers[-1].serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{servers[-1].server_address[1]}/dicomweb"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def stored_object(headers, body: bytes):
    """Return the object in a request, as another library takes it apart."""
    message = BytesParser().parsebytes(b"Content-Type: " + headers["Content-Type"].encode() + b"\r\n\r\n" + body)
    (part,) = message.get_payload()
    assert part.get_content_type() == "application/dicom"
    return pydicom.dcmread(BytesIO(part.get_payload(decode=True)))


def test_an_archive_stores_what_is_sent(result, archive, capsys):
    got = []

    def store(event):
        got.append((event.assoc.requestor.ae_title, event.dataset))
        return 0x0000

    assert send(result, archive(store), "--own-title", "READINGROOM") == 0
    said = capsys.readouterr()
    assert said.out.splitlines() == [f"stored  {name}" for name in NAMES]
    assert "without encryption" in said.err
    assert {title for title, _ in got} == {"READINGROOM"}
    for (_, dataset), name in zip(got, NAMES, strict=True):
        assert dataset.to_json_dict() == pydicom.dcmread(result / "dicom" / name).to_json_dict()


@pytest.mark.parametrize(("status", "stored"), [(0xB000, True), (0xA700, False), (0xC001, False)])
def test_each_object_has_its_own_answer(result, archive, capsys, status, stored):
    kept, seen = before(result), []

    def store(event):
        seen.append(event)
        return status if len(seen) == 1 else 0x0000

    assert send(result, archive(store)) == (0 if stored else 2)
    said = capsys.readouterr()
    first, second = said.out.splitlines()
    assert first.startswith("stored" if stored else "NOT STORED")
    assert f"0x{status:04X}" in first
    assert second == f"stored  {NAMES[1]}"
    assert stored or "1 of 2 objects were not stored" in said.err
    assert before(result) == kept


def test_an_archive_that_goes_away_in_the_middle(result, archive, capsys):
    kept = before(result)

    def store(event):
        event.assoc.abort()
        return 0x0000

    assert send(result, archive(store)) == 2
    said = capsys.readouterr()
    assert said.out.count("NOT STORED") == 2
    assert "connection was cut" in said.err
    assert before(result) == kept


def test_an_archive_that_never_answers(result, archive, capsys):
    over = threading.Event()

    def store(event):
        over.wait(20)
        return 0x0000

    place = archive(store)
    begin = time.monotonic()
    assert cli.main(["send", str(result), "--to", place, "--timeout", "1"]) == 2
    over.set()
    assert time.monotonic() - begin < 15
    assert "no answer in time" in capsys.readouterr().err


def test_a_wrong_title_is_told(result, archive, capsys):
    place = archive(lambda event: 0).replace("ARCHIVE", "OTHER")
    assert send(result, place) == 2
    error = capsys.readouterr().err.splitlines()[-1]
    assert "refuses to talk (Called AE title not recognised)" in error


def test_kinds_that_an_archive_does_not_take(result, archive, capsys):
    assert send(result, archive(lambda event: 0, classes=("SecondaryCaptureImageStorage",))) == 2
    said = capsys.readouterr()
    assert "takes no objects of this kind (Encapsulated PDF Storage)" in said.out
    assert f"stored  {NAMES[1]}" in said.out
    assert send(result, archive(lambda event: 0, classes=("CTImageStorage",))) == 2
    assert "takes none of these objects" in capsys.readouterr().err


@pytest.mark.parametrize("form", ["dicom://A@127.0.0.1:{}", "http://127.0.0.1:{}/dicomweb", "dicoms://A@127.0.0.1:{}"])
def test_nobody_there(result, form, capsys):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    assert send(result, form.format(port)) == 2
    assert "cannot be reached (connection refused), so nothing was sent" in capsys.readouterr().err


def test_tls_with_who_speaks_none(result, archive, web, capsys):
    assert send(result, archive(lambda event: 0).replace("dicom:", "dicoms:")) == 2
    assert send(result, web(lambda handler, body: (200, {})).replace("http:", "https:")) == 2
    errors = [line for line in capsys.readouterr().err.splitlines() if line.startswith("abdominal-calcification:")]
    assert len(errors) == 2
    assert "TLS" in errors[0]
    assert "TLS" in errors[1]


def test_dicomweb_stores_what_is_sent(result, web, tmp_path, capsys):
    got = []

    def answer(handler, body):
        got.append((handler.path, handler.headers["Authorization"], stored_object(handler.headers, body)))
        return 200, {"00081199": {"vr": "SQ", "Value": [{}]}}

    (tmp_path / "token").write_text("Bearer abc\n", encoding="utf-8")
    assert send(result, web(answer), "--authorization", str(tmp_path / "token")) == 0
    assert capsys.readouterr().out.splitlines() == [f"stored  {name}" for name in NAMES]
    assert {(path, token) for path, token, _ in got} == {("/dicomweb/studies", "Bearer abc")}
    assert [each for *_, each in got] == [pydicom.dcmread(result / "dicom" / name) for name in NAMES]


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ((401, {}), "wants to know who sends"),
        ((404, {}), "no DICOMweb service at this path"),
        ((409, {"00081198": {"Value": [{"00081197": {"Value": [272]}}]}}), "not stored, reason 0x0110"),
        ((202, {"00081198": {"Value": [{"00081197": {"Value": [272]}}]}}), "not stored, reason 0x0110"),
        ((500, {}), "HTTP 500"),
        ((302, {}), "points to another address"),
        (None, "the connection was cut"),
    ],
)
def test_dicomweb_that_stores_nothing(result, web, capsys, answer, told):
    kept = before(result)
    assert send(result, web(lambda handler, body: answer)) == 2
    said = capsys.readouterr()
    assert said.out.count("NOT STORED") == 2
    assert told in said.err.splitlines()[-1]
    assert before(result) == kept


def test_cancelling_ends_the_connection(result, web):
    got = []
    steps = send_steps(files_of(result), parse_destination(web(lambda handler, body: got.append(body) or (200, {}))))
    next(steps)
    next(steps)
    steps.close()
    assert not got


@pytest.mark.parametrize(
    "text",
    ["pacs:104", "dicom://pacs:104", "dicom://A@pacs/x", "dicom://" + "A" * 17 + "@pacs", "ftp://pacs", "https://"],
)
def test_addresses_that_are_none_are_refused(text):
    with pytest.raises(InputError):
        parse_destination(text)


def test_no_password_is_repeated():
    for text in ("https://me:hunter2@pacs/web", "ftp://me:hunter2@pacs"):
        with pytest.raises(InputError) as caught:
            parse_destination(text)
        assert "hunter2" not in str(caught.value)


def test_damaged_objects_are_not_sent(result, archive, tmp_path, capsys):
    folder = shutil.copytree(result / "dicom", tmp_path / "result" / "dicom").parent
    (folder / "dicom" / NAMES[1]).write_bytes(b"no DICOM")
    got = []
    assert send(folder, archive(lambda event: got.append(event) or 0)) == 2
    assert "nothing was sent" in capsys.readouterr().err
    assert send(tmp_path, "dicom://A@127.0.0.1:4") == 2
    assert "holds no DICOM objects" in capsys.readouterr().err
    assert not got


def test_objects_that_are_cut_off_are_not_sent(result, archive, tmp_path, capsys):
    folder = shutil.copytree(result / "dicom", tmp_path / "result" / "dicom").parent
    for name in NAMES:
        content = (folder / "dicom" / name).read_bytes()
        for size in (len(content) - 2, len(content) - 60, len(content) // 2, 400):
            (folder / "dicom" / name).write_bytes(content[:size])
            assert send(folder, "dicom://A@127.0.0.1:4") == 2
            assert "cannot be read as a DICOM object" in capsys.readouterr().err
        (folder / "dicom" / name).write_bytes(content)


def test_finding_out_what_is_sent_reads_no_pixels(result, tmp_path):
    import tracemalloc

    made = pydicom.dcmread(result / "dicom" / NAMES[1])
    made.Rows = made.Columns = 2000
    made.PixelData = bytes(12_000_000)
    made.save_as(tmp_path / "large.dcm")
    (tmp_path / "result" / "dicom").mkdir(parents=True)
    shutil.move(tmp_path / "large.dcm", tmp_path / "result" / "dicom" / NAMES[1])
    tracemalloc.start()
    (file,) = files_of(tmp_path / "result")
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert file.sop_instance == made.SOPInstanceUID
    assert most < 3_000_000


def test_an_object_twice_and_one_of_another_study_are_not_sent(result, tmp_path, capsys):
    folder = shutil.copytree(result / "dicom", tmp_path / "result" / "dicom").parent
    shutil.copy(folder / "dicom" / NAMES[0], folder / "dicom" / "again.dcm")
    assert send(folder, "dicom://A@127.0.0.1:4") == 2
    assert f"is the same object as '{NAMES[0]}'" in capsys.readouterr().err
    other = pydicom.dcmread(folder / "dicom" / NAMES[0])
    other.StudyInstanceUID, other.SOPInstanceUID = "1.2.4", "1.2.4.5"
    other.file_meta.MediaStorageSOPInstanceUID = "1.2.4.5"
    other.save_as(folder / "dicom" / "again.dcm")
    assert send(folder, "dicom://A@127.0.0.1:4") == 2
    assert "is of another study" in capsys.readouterr().err


@pytest.mark.parametrize("kind", ["dicom", "http"])
def test_a_file_that_vanishes_while_others_are_sent(result, archive, web, tmp_path, capsys, kind):
    folder = shutil.copytree(result / "dicom", tmp_path / "result" / "dicom").parent

    def gone():
        (folder / "dicom" / NAMES[1]).unlink(missing_ok=True)
        return 0x0000

    place = archive(lambda event: gone()) if kind == "dicom" else web(lambda handler, body: (200, {"": gone()}))
    assert send(folder, place) == 2
    said = capsys.readouterr()
    assert said.out.splitlines() == [
        f"stored  {NAMES[0]}",
        f"NOT STORED  {NAMES[1]} (the file cannot be read any more)",
    ]
    assert "1 of 2 objects were not stored" in said.err


def test_what_was_stored_before_a_cancel_is_told(result, archive, capsys):
    place, told = archive(lambda event: 0x0000), []
    steps = send_steps(files_of(result), parse_destination(place), told=told.append)
    for step in steps:
        if NAMES[1] in step.stage:
            break
    steps.close()
    assert [(each.file.path.name, each.is_stored) for each in told] == [(NAMES[0], True)]


@pytest.mark.skipif(shutil.which("Orthanc") is None, reason="needs Orthanc")
def test_orthanc_stores_what_is_sent(result, tmp_path):
    with orthanc(tmp_path) as (web, port):
        assert send(result, f"dicom://ORTHANC@127.0.0.1:{port}") == 0
        assert stored_in(web) == {file.sop_instance for file in files_of(result)}
