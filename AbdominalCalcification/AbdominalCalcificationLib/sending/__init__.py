"""DICOM objects sent to an archive that the user names, by C-STORE or STOW-RS; nothing is ever sent otherwise."""

from .destination import Credentials, Destination, parse_destination
from .files import Outcome, SentFile, files_of
from .steps import send_steps

__all__ = ["Credentials", "Destination", "Outcome", "SentFile", "files_of", "parse_destination", "send_steps"]
