"""CT volumes and masks from files."""

from typing import TYPE_CHECKING

from ..on_demand import names_on_demand

if TYPE_CHECKING:
    from .arguments import parse_calcification_labels, parse_kept_lengths, parse_label_mapping, parse_label_names
    from .ct import CtImage, read_ct
    from .masks import Mask, artery_labels, mask_drawn_on, other_ct_flags, read_arteries, read_calcification, read_mask

__all__ = [
    "CtImage",
    "Mask",
    "artery_labels",
    "mask_drawn_on",
    "other_ct_flags",
    "parse_calcification_labels",
    "parse_kept_lengths",
    "parse_label_mapping",
    "parse_label_names",
    "read_arteries",
    "read_calcification",
    "read_ct",
    "read_mask",
]

__getattr__ = names_on_demand(
    __name__,
    arguments="parse_calcification_labels parse_kept_lengths parse_label_mapping parse_label_names",
    ct="CtImage read_ct",
    masks="Mask artery_labels mask_drawn_on other_ct_flags read_arteries read_calcification read_mask",
)
