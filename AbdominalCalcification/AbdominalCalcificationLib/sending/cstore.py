"""Sending by C-STORE (DICOM PS3.4, B), with pynetdicom."""

from __future__ import annotations

from collections.abc import Generator, Sequence

from ..errors import InputError
from ..progress import Progress
from ..reading.dicom.elements import DamagedFileError, foreign_parser
from .connection import check_reachable
from .destination import Credentials, Destination
from .files import GONE, Outcome, SentFile

_NATIVE = ("1.2.840.10008.1.2.1", "1.2.840.10008.1.2")
_MISSING = (
    "Sending by C-STORE needs the package pynetdicom, which is missing; install it with "
    "pip install 'abdominal-calcification[send]'."
)
_CUT = "the connection was cut, or there was no answer in time"


def store_steps(
    files: Sequence[SentFile], destination: Destination, credentials: Credentials, timeout_s: float
) -> Generator[Progress | Outcome, None, None]:
    """Send files over one association; closing this aborts it.

    Yields
    ------
    Progress or Outcome
        One outcome for each file, in order, as soon as it is known.

    Raises
    ------
    InputError
        Where no association comes about; nothing was sent then.
    """
    entity = _entity(files, credentials, timeout_s)
    tls = credentials.tls() if destination.is_encrypted else None
    yield Progress(f"Connecting to {destination}", 0.0)
    check_reachable(destination, timeout_s, tls)
    association = entity.associate(
        destination.host,
        destination.port,
        ae_title=destination.title,
        tls_args=None if tls is None else (tls, destination.host),
    )
    if not association.is_established:
        raise InputError(f"{destination} {_refusal(association)}, so nothing was sent; ask who runs it.")
    try:
        for number, file in enumerate(files):
            yield Progress(f"Sending {file.path.name}", number / len(files))
            yield _stored(association, file)
        yield Progress("Sending", 1.0)
        if association.is_established:
            association.release()
    finally:
        if association.is_established:
            association.abort()


def _entity(files: Sequence[SentFile], credentials: Credentials, timeout_s: float):
    try:
        import pynetdicom
        from pydicom.uid import ImplicitVRLittleEndian
    except ImportError:
        raise InputError(_MISSING) from None
    entity = pynetdicom.AE(ae_title=credentials.own_title)
    entity.acse_timeout = entity.dimse_timeout = entity.network_timeout = entity.connection_timeout = timeout_s
    for sop_class, syntax in sorted({(file.sop_class, file.transfer_syntax) for file in files}):
        entity.add_requested_context(sop_class, syntax)  # of its own: it goes as it is wherever that is accepted
        if syntax in _NATIVE:
            entity.add_requested_context(sop_class, ImplicitVRLittleEndian)
    return entity


def _refusal(association) -> str:
    """Return why there is no association."""
    answer = association.acceptor.primitive
    if association.is_rejected and answer is not None:
        return f"refuses to talk ({answer.reason_str})"
    if association.is_rejected:
        return "refuses to talk"
    return (
        "answers, but not as a DICOM server does: no DICOM, TLS on one side only, a certificate of yours that is not "
        "named or not taken, or it takes none of these objects"
    )


def _stored(association, file: SentFile) -> Outcome:
    import pydicom
    from pynetdicom.status import code_to_category

    if not association.is_established:
        return Outcome(file, False, "not sent, since the connection was cut before")
    try:
        with foreign_parser():
            dataset = pydicom.dcmread(file.path)
    except (OSError, DamagedFileError):
        return Outcome(file, False, GONE)
    try:
        status = association.send_c_store(dataset)
    except (ValueError, RuntimeError, AttributeError) as error:
        kind = pydicom.uid.UID(file.sop_class).name
        refused = "presentation context" in str(error)
        return Outcome(file, False, f"the server takes no objects of this kind ({kind})" if refused else str(error))
    if "Status" not in status:
        return Outcome(file, False, _CUT)
    category = code_to_category(status.Status)
    comment = f": {status.ErrorComment}" if status.get("ErrorComment") else ""
    said = f"{category.lower()} 0x{status.Status:04X}{comment}"
    if category in ("Success", "Warning"):
        return Outcome(file, True, "" if category == "Success" else said)
    return Outcome(file, False, said)
