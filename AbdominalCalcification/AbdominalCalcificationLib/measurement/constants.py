"""The numbers by which measuring decides what it sees: none of them can be chosen by users.

Meaning, unit and origin of each, and the test that fails where it is moved: ``measurement.md#constants``. What only
settles how much is worked on in one go stands where the work is done.
"""

# --- The course of a vessel -------------------------------------------------------------------------
# Thickness of a slice: at least one, so that neighbouring voxels lie in the same or in adjacent slices; thicker
# slices have steadier centres but blur the course.
SLICE_DIAGONALS = 1.5
# A side slice that reaches less far than this is an end or a rough wall, and no limb.
TWIG_RADII = 2.0
# A last slice with a smaller part of the voxels of the one before is not a whole section.
WHOLE_SECTION = 0.8
# A slice touches several nearer ones, and so joins limbs, where each has at least this part of the largest one.
MEETING_SECTION = 0.2

# --- Limbs that touch ----------------------------------------------------------------------------
# Neighbours that lie farther apart than this along the way, in radii, belong to different limbs. In a vessel that
# bends, tapers or ends they lie up to 5 and a half apart, where branches of it are fused again up to 14, but there
# it changes no length much.
FAR_RADII = 7.0
# The wall goes on to where neighbours lie less far apart than this, in radii: to near the fold of the limbs.
WALL_RADII = 3.0
# A wall is certain where its widest opening is at most this part as deep as the narrowest place on the way round it.
CERTAIN_OPENING = 0.9
# Lengths that change by less, mm (root mean square over what is kept), are no other numbers.
CHANGED_MM = 3.5
# A place half as deep as the middle costs 2 to this power as much: the way takes any detour within the vessel rather
# than a narrow place, so that only which of two ways is wider counts.
WAY_POWER = 16
# A section that is at least so many times as large as most of a vessel, and so many times as long as wide, is as broad
# as two limbs of it.
LIMB_SECTION, ELONGATED = 1.5, 1.3
# A stretch of such sections is one of limbs side by side from this length on, in diameters of the vessel,
DOUBLED_DIAMETERS = 2.0
# or where one is so many times as large as most of the vessel, and as what lies before it: a coil.
LUMP_SECTION = 2.0
# A vessel with fewer voxels to its radius has no sections: limbs of it that touch, and one that does not, look alike.
THIN_VOXELS = 1.1
# A vessel of which more voxels than this part have all their neighbours is wider than 11 voxels, and is looked at in
# blocks of two voxels along each axis.
WIDE = 0.55
# A vessel has at least this many voxels to a radius, or its voxels are split: between two voxels lies the middle of
# a vessel that is two voxels wide.
VOXELS_PER_RADIUS = 2.5

# --- Where an artery begins -------------------------------------------------------------------------
# An oblique ostium is long, 2 diameters at 30 degrees; what is longer passes by.
LONGEST_OSTIUM_DIAMETERS = 2.0
# An ostium lies at an end where the vessel does not go on beyond it for more.
END_DIAMETERS = 1.0
# A piece that touches all along, and is more than so many times as long as wide, has no ostium.
SLENDER_WIDTHS = 3.0
# An end nearer to the parent begins a long ostium anew only where it lies in the far part of the piece.
FAR_PART = 0.5
# Two ends are about as near to the parent where the line between them leans away from it by less: 6 degrees.
LEVEL_SLOPE = 0.1
# A vessel leads away from its parent where it leans more: 30 degrees.
STEEP_SLOPE = 0.5
# Ends nearer together than this are one end.
APART_RADII = 4.0
# A piece that is no longer than this many voxel diagonals has no course.
SPECK_DIAGONALS = 4.0

# --- The bifurcation --------------------------------------------------------------------------------
# The aorta goes on below a limb where it does so for more than this.
BELOW_LIMB_WIDTHS = 1.0
# Below a limb it goes on as an aorta, and not as another limb with its label, where its section is at least this part
# of that above.
SAME_SECTION = 0.5

# --- What can be an artery --------------------------------------------------------------------------
# Of the widest calibre and the largest volume of an artery, from which on it is measured but to be looked at: an
# aorta of 105 mm or a litre.
DOUBTFUL_WIDTH, DOUBTFUL_VOLUME = 0.7, 0.4
# Fewer voxels in one piece have no shape, however large they are.
FEWEST_VOXELS = 5
# A real mask has a few pieces; each costs a course of its own.
MOST_PIECES = 100
# More than this part of a mask in pieces too small for an artery is no artery with specks but dust.
MOST_DUST = 0.1
# So many runs of voxels along a row are a sponge or dust: a large aneurysm at 0.4 mm has half as many.
MOST_RUNS = 1_000_000
# A tube as wide as the widest place in the mask, and of its volume, would be longer than all arteries together.
LONGEST_M = 3.0
# A large aneurysm at 0.4 mm. More do not fit into the memory of a small computer.
MOST_VOXELS = 12_000_000
# Voxels of a branch and of the trunk that are followed as they are. An iliac artery at 0.7 mm has 20 000, an
# aorta at 1 mm 100 000. A branch takes more steps than the trunk.
MOST_OF_BRANCH, MOST_OF_TRUNK = 60_000, 200_000

# --- What can be calcification ----------------------------------------------------------------------
# No score counts what is darker as calcium (Agatston et al. 1990, doi 10.1016/0735-1097(90)90282-T).
CALCIUM_HU = 130.0
# Half of it: less is not half filled even by calcium as faint as that, between water.
RIM_HU = 65.0
# What is brighter is calcium however bright the blood: the highest fixed threshold in use, of the arterial phase.
CERTAIN_HU = 800.0
# So far inside an artery's mask there is neither wall nor partial volume.
DEEP_MM = 2.0
# Part of a territory's calcification that cannot be any, from which on it is told. Rims of drawn plaques are less.
MOST_IMPLAUSIBLE = 0.05
# Even where it is nearly closed, a stretch of artery of the kept length has blood in it.
MOST_CALCIFIED = 0.9
# Of more clusters only so many, the largest, are listed: heavy disease has some hundred, noise hundreds of thousands.
MOST_LISTED = 5000

# --- The image --------------------------------------------------------------------------------------
ENHANCED_HU = 150.0
THICK_MM = 3.0
# Top of the 12-bit range (4095) with the usual rescale intercept of -1024.
CEILING_HU = 3071.0
METAL_DISTANCE_MM = 5.0

# --- The chest --------------------------------------------------------------------------------------
# Air in alveoli together with the tissue around it. Bowel gas lies below; its edges have such values too, but then
# there is gas beside them. Our choice, as the lengths below; seen on a real thoracoabdominal CT.
LEAST_LUNG_HU, MOST_LUNG_HU = -950.0, -600.0
# How far from the aorta's wall lung is looked for, and which share of that ring makes a level one of the chest.
# At a real diaphragm the share rises from 0 to above 0.05 within 5 mm.
RING_MM = 8.0
LUNG_SHARE = 0.03
# Much fat may keep the lungs off the aorta: a level is one of the chest, too, where at its sides they are together
# wider than this, or than this part of the body that is in the field. Recesses beside the abdominal aorta are slits of
# some 10 mm. Ours.
LUNGS_WIDE_MM = 90.0
LUNGS_WIDE_SHARE = 0.3
# The recesses of the lungs reach down beside the upper abdominal aorta: so much in the chest is nothing to speak of.
RECESS_MM = 30.0
# Less abdominal aorta than this below a thoracic one is its upper end only.
STUMP_MM = 50.0

# --- How certain the models were ------------------------------------------------------------------
# What is less certain than this is rather wrong than right, and is to be looked at.
LOW_CONFIDENCE = 0.5
# So is a territory of whose calcified volume more than this part is in clusters that are.
DOUBTED_SHARE = 0.25
# Whatever hangs on an aorta that is less certain than this hangs on something else. One time in ten; ours.
LEAST_TRUNK_CONFIDENCE = 0.1
