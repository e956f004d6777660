"""CT volumes and masks from files."""

from .arguments import parse_kept_lengths, parse_label_mapping, parse_label_names
from .ct import CtImage, read_ct
from .masks import aligned_mask, artery_labels, mask_drawn_on, read_arteries, read_calcification, read_mask

__all__ = [
    "CtImage",
    "aligned_mask",
    "artery_labels",
    "mask_drawn_on",
    "parse_kept_lengths",
    "parse_label_mapping",
    "parse_label_names",
    "read_arteries",
    "read_calcification",
    "read_ct",
    "read_mask",
]
