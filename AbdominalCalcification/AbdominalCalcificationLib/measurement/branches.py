"""The branches: followed from where they leave the aorta and shortened, each only when what it reads has changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy.spatial import cKDTree

from ..anatomy import TERRITORIES, Territory
from ..anatomy import territory as territory_named
from ..flags import Flag
from ..geometry import Box
from ..geometry.voxels import bounds_of
from ..progress import Steps, scaled
from . import quality
from .beginning import FOLLOWING
from .coarse import Blocks, Followed
from .constants import MOST_OF_BRANCH
from .parameters import MeasurementParameters
from .parents import Parent, parent_steps
from .reference import Reference
from .region import Region
from .rows import indices_in_box
from .shortening import follow_branch_steps

# Voxels of changed parts of a parent that a branch is held against one by one.
_MOST_CHANGED = 100_000
_PARENTS = tuple(each for each in TERRITORIES if any(other.parent == each.name for other in TERRITORIES))


@dataclass(eq=False)
class _Branch:
    """A branch that was followed, and what its course depends on."""

    kji: np.ndarray
    contact: np.ndarray
    parent_found: bool
    parent: Reference
    attach_distance_mm: float
    length_mm: float
    followed: Followed
    # What was kept last, and up to which length.
    kept_mm: float = -1.0
    of_one_piece: bool = True
    keep: np.ndarray = field(default_factory=lambda: np.zeros(0, bool))
    flags: list[Flag] = field(default_factory=list)

    def is_still_of(self, kji: np.ndarray, length_mm: float, attach_distance_mm: float) -> bool:
        """Return whether voxels and parameters are those with which it was followed."""
        same_length = length_mm == self.length_mm or not self.followed.course.depends_on_length
        return kji is self.kji and attach_distance_mm == self.attach_distance_mm and same_length


class Branches:
    """The branches of a region, followed and shortened anew where edits reach them.

    Parameters
    ----------
    region : Region

    Attributes
    ----------
    parents : dict of str to Parent
    courses : dict of str to Followed
    """

    def __init__(self, region: Region):
        self._region = region
        self._branches: dict[str, _Branch] = {}
        # Where a parent was changed since a branch was held against it last.
        self._unseen: dict[str, list[Box]] = {each.name: [] for each in TERRITORIES if each.parent}
        self._parent_of: dict[str, tuple[np.ndarray, Parent]] = {}
        self._surface: dict[str, tuple[np.ndarray, np.ndarray, cKDTree]] = {}
        self._truncated: dict[str, tuple[np.ndarray, np.ndarray | None, list[Flag]]] = {}
        self._written: dict[str, tuple[np.ndarray, np.ndarray | None]] = {}
        self._changed: list[Box] = []
        # Where labels came or went since what is kept was written down last.
        self._relabelled: dict[int, list[Box]] = {each.label: [] for each in TERRITORIES}
        self.parents: dict[str, Parent] = {}
        self.courses: dict[str, Followed] = {}

    def note(self, label: int, box: Box) -> None:
        """Note that voxels of a label came or went in a box of the whole volume."""
        self._relabelled[label].append(box)
        for name, boxes in self._unseen.items():
            each = territory_named(name)
            if territory_named(each.parent).label == label:
                boxes.append(box)
            elif each.label != label and self._reads_siblings(each):
                self._branches.pop(name, None)

    def changes(self) -> list[Box]:
        """Return, once, boxes of the region in which other voxels are kept or cut off than before."""
        changed, self._changed = self._changed, []
        return changed

    def shorten_steps(self, found: Sequence[Territory], parameters: MeasurementParameters) -> Steps[list[Flag]]:
        """Follow and shorten the branches; the region is told what is kept. Return flags."""
        for each in _PARENTS:
            kji = self._region.kji_of(each)
            known = self._parent_of.get(each.name)
            if known is None or known[0] is not kji:
                parent = yield from parent_steps(each, self._region)
                self._parent_of[each.name] = kji, parent
                self._surface.pop(each.name, None)
        self.parents = {name: parent for name, (_, parent) in self._parent_of.items()}
        raised: list[Flag] = []
        for number, territory in enumerate(found):
            if territory.parent is not None:
                place = (0.1 + 0.4 * (number + part) / len(found) for part in (0, 1))
                raised += yield from scaled(self._shorten_steps(territory, parameters), *place)
            else:
                kji = self._region.kji_of(territory)
                self._keep(territory, kji, None)
            raised += self._truncated_flags(territory)
        for name in self._branches.keys() - {territory.name for territory in found}:
            del self._branches[name]
        self.courses = {each.name: self._branches[each.name].followed for each in found if each.name in self._branches}
        return raised

    def _reads_siblings(self, territory: Territory) -> bool:
        parent = self.parents.get(territory.parent)
        return parent is None or not len(parent.kji)

    def _shorten_steps(self, territory: Territory, parameters: MeasurementParameters) -> Steps[list[Flag]]:
        """Follow a branch where that has to be, and keep what is within its length; return flags."""
        region, parent = self._region, self.parents[territory.parent]
        kji, length_mm = region.kji_of(territory), parameters.kept_length_of(territory)
        before = branch = self._branches.get(territory.name)
        if branch is not None and not branch.is_still_of(kji, length_mm, parameters.attach_distance_mm):
            branch = None
        if branch is not None and not branch.followed.blocks.begin_at(region.block_origin):
            branch = None
        unseen = list(self._unseen[territory.name])
        if branch is not None and unseen:
            changed = self._changed_ras(parent, unseen)
            same = branch.parent_found == (len(parent.kji) > 0)
            same = same and (yield from self._touches_alike_steps(branch, parent, unseen))
            if not same or changed is None or branch.parent.may_differ(changed):
                branch = None
            elif not (parent.is_one_piece and branch.of_one_piece):
                branch.kept_mm = -1.0  # what is said of its beginning may be something else
            yield FOLLOWING
        if branch is None:
            branch = yield from self._followed_steps(territory, parent, parameters, before)
        if branch.kept_mm != length_mm:
            keep = branch.followed.blocks.of_voxels(branch.followed.course.kept(length_mm))
            yield FOLLOWING
            flags = yield from self._said_steps(territory, branch, parent, length_mm)
            branch.keep, branch.kept_mm, branch.flags = keep, length_mm, flags
            branch.of_one_piece = parent.is_one_piece
        self._branches[territory.name] = branch
        del self._unseen[territory.name][: len(unseen)]
        self._keep(territory, kji, branch.keep)
        return branch.flags

    def _followed_steps(
        self, territory: Territory, parent: Parent, parameters: MeasurementParameters, before: _Branch | None
    ) -> Steps[_Branch]:
        region, kji = self._region, self._region.kji_of(territory)
        length_mm = parameters.kept_length_of(territory)
        yield FOLLOWING
        contact = yield from parent.contact_steps(kji)
        blocks = Blocks(kji, region.grid, MOST_OF_BRANCH, region.block_origin)
        yield FOLLOWING
        reference = yield from self._reference_steps(parent)
        others = [each for each in TERRITORIES if each.parent == territory.parent and each is not territory]
        siblings = Reference((yield from region.surface_ras_steps([] if len(parent.kji) else others, FOLLOWING)))
        course = yield from follow_branch_steps(
            blocks.lattice,
            blocks.start_mm(contact),
            reference,
            siblings,
            parameters.attach_distance_mm,
            length_mm,
            before.followed.course if before is not None and before.followed.blocks.are_alike(blocks) else None,
        )
        yield FOLLOWING
        reference.forget_points()
        found = len(parent.kji) > 0
        followed = Followed(blocks, course)
        return _Branch(kji, contact, found, reference, parameters.attach_distance_mm, length_mm, followed)

    def _said_steps(self, territory: Territory, branch: _Branch, parent: Parent, length_mm: float) -> Steps[list[Flag]]:
        """Return what is to be said about the course of a branch."""
        blocks, course = branch.followed.blocks, branch.followed.course
        begins = branch.kji[blocks.of_voxels(course.begins) & np.isfinite(branch.contact)]
        several = yield from parent.touches_several_steps(begins)
        speck = yield from parent.touches_speck_steps(branch.kji)
        flags = quality.attachment(
            territory, course, parent_found=len(parent.kji) > 0, several_parts=several, touches_speck=speck
        )
        yield FOLLOWING
        return flags + quality.touching_limbs(territory, course, length_mm)

    def _reference_steps(self, parent: Parent) -> Steps[Reference]:
        """Return the surface of a parent, for one branch."""
        known = self._surface.get(parent.territory.name)
        if known is None or known[0] is not parent.kji:
            kji = yield from self._region.surface_steps(parent.kji, self._region.labels, FOLLOWING)
            points = self._region.grid.ras_of_kji(kji)
            known = parent.kji, points, cKDTree(points)
            self._surface[parent.territory.name] = known
        return Reference(known[1], known[2])

    def _touches_alike_steps(self, branch: _Branch, parent: Parent, boxes: Sequence[Box]) -> Steps[bool]:
        """Return whether a branch touches its parent where it did, after that was changed in some boxes."""
        if not (parent.is_one_piece and branch.of_one_piece):
            contact = yield from parent.contact_steps(branch.kji)
            return np.array_equal(contact, branch.contact)
        for box in boxes:
            rows = indices_in_box(branch.kji, self._region.inside(box, (1, 1, 1)))
            contact = yield from parent.contact_steps(branch.kji[rows])
            if not np.array_equal(contact, branch.contact[rows]):
                return False
        return True

    def _changed_ras(self, parent: Parent, boxes: Sequence[Box]) -> np.ndarray | None:
        """Return where the surface of a parent may have changed in some boxes, mm; None where that is too much."""
        if not parent.is_one_piece or not self._region.grid.is_rectangular:
            return None  # what counts may have changed anywhere
        inside = [self._region.inside(box, (1, 1, 1)) for box in boxes]
        if sum(int(np.prod([part.stop - part.start for part in box])) for box in inside) > _MOST_CHANGED:
            return None
        axes = [np.meshgrid(*(np.arange(part.start, part.stop) for part in box), indexing="ij") for box in inside]
        return self._region.grid.ras_of_kji(np.concatenate([np.stack(a, axis=-1).reshape(-1, 3) for a in axes]))

    def kept_count(self, territory: Territory) -> int:
        """Return how many voxels of a territory are kept."""
        branch = self._branches.get(territory.name)
        kji = self._region.kji_of(territory)
        return len(kji) if branch is None else int(np.count_nonzero(branch.keep))

    def _truncated_flags(self, territory: Territory) -> list[Flag]:
        kji = self._region.kji_of(territory)
        branch = self._branches.get(territory.name)
        keep = None if branch is None else branch.keep
        known = self._truncated.get(territory.name)
        if known is None or known[0] is not kji or known[1] is not keep:
            kept = kji if keep is None else kji[keep]
            flags = quality.truncated(territory, self._region.whole_kji(kept), self._region.whole)
            known = self._truncated[territory.name] = kji, keep, flags
        return known[2]

    def _keep(self, territory: Territory, kji: np.ndarray, keep: np.ndarray | None) -> None:
        """Write down what of a territory is kept (None: all), and note where that is new."""
        region = self._region
        before = self._written.get(territory.name, (None, None))
        if before[0] is kji and before[1] is keep:
            return
        some = np.arange(len(kji))
        if before[0] is not None and before[1] is None and keep is None:  # all was kept, and is
            boxes = [region.inside(box) for box in self._relabelled[territory.label]]
            some = np.unique(np.concatenate([some[:0], *(indices_in_box(kji, box) for box in boxes)]))
        where = tuple(kji[some].T)
        kept = np.full(len(some), territory.label, np.uint8)
        if keep is not None:
            kept[~keep] = 0
        new = np.flatnonzero((region.kept[where] != kept) | (region.cut[where] != territory.label - kept))
        if len(new):
            where = tuple(kji[some[new]].T)
            region.kept[where], region.cut[where] = kept[new], territory.label - kept[new]
            self._changed.append(region.whole_box(*bounds_of(kji[some[new]])))
        self._written[territory.name] = kji, keep
        self._relabelled[territory.label] = []
