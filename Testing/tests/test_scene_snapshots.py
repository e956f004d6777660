"""Label maps as they were: one copy and one comparison for all who follow the same one."""

from __future__ import annotations

import numpy as np
import pytest

pytestmark = pytest.mark.scene

BOX = (slice(2, 4), slice(1, 3), slice(5, 6))


@pytest.fixture
def image(scene):
    import slicer

    from AbdominalCalcificationLib.scene.volumes import image_of_array

    image = slicer.vtkOrientedImageData()
    image_of_array(np.zeros((6, 5, 7), np.uint8), image, [0, 0, 0])
    return image


def edit(image, value):
    from AbdominalCalcificationLib.scene.volumes import array_of_image

    array_of_image(image)[BOX] = value
    image.GetPointData().GetScalars().Modified()
    image.Modified()


def test_who_follows_an_image_shares_what_it_was(image, monkeypatch):
    from AbdominalCalcificationLib.scene import snapshots

    one, other = (snapshots.snapshot_of(image) for _ in range(2))
    assert one is other
    compared, difference_of = [], snapshots.difference_of
    monkeypatch.setattr(snapshots, "difference_of", lambda *both: (compared.append(1), difference_of(*both))[1])
    edit(image, 3)
    after = [snapshots.snapshot_of(image, each) for each in (one, other)]
    assert after[0] is after[1]
    assert after[0].difference(one) == after[1].difference(other) == BOX
    assert len(compared) == 1
    assert one.array.max() == 0
    assert after[0].array[BOX].min() == 3
    with pytest.raises(ValueError, match="read-only"):
        after[0].array[BOX] = 1


def test_an_image_that_tells_of_a_change_but_has_none_is_not_copied(image):
    from AbdominalCalcificationLib.scene.snapshots import snapshot_of

    before = snapshot_of(image)
    edit(image, 0)
    assert snapshot_of(image, before) is before


def test_who_was_overtaken_finds_all_that_changed_since_it_looked(image):
    from AbdominalCalcificationLib.scene.snapshots import snapshot_of

    slow = quick = snapshot_of(image)
    edit(image, 1)
    quick = snapshot_of(image, quick)
    edit(image, 0)
    back = snapshot_of(image, quick)
    assert back.difference(quick) == BOX
    assert back.difference(slow) is None
