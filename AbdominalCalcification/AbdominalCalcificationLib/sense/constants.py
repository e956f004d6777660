"""The numbers by which anatomical sense decides: none of them can be chosen by users.

Meaning, unit and origin of each, and the test that fails where it is moved: ``measurement.md#anatomical-sense``. They
come from anatomy and the literature, and were tried on virtual patients alone.
"""

# --- The body ---------------------------------------------------------------------------------------
# Between fat (-100 HU) and air or the foam of mattresses (below -700 HU).
TISSUE_HU = -300.0
# Tables, blankets and clothing are sheets thinner than twice this; an arm that touches the trunk in a narrower place
# is no part of it.
SHEET_MM = 6.0
# A part that holds less of the tissue than this part of the largest one is an arm, a hand or the table.
TRUNK_SHARE = 0.3
# Median HU of what reaches the image's border: air above, or lung in a field that is narrower than the chest. The
# threshold of emphysema on CT (Gevenois et al. 1995, doi 10.1164/ajrccm.152.2.7633722) lies between the two.
OUTER_AIR_HU = -950.0
# Skin and the fat beneath it: no artery of the trunk lies less deep, also in the thinnest patients.
SKIN_MM = 8.0
# Of what lies so far from a branch, more than this part is lung: it is a vessel of the lung. Renal and coeliac arteries
# come near the lungs' recesses, with the diaphragm and fat between. Ours.
LUNG_REACH_MM = 6.0
MOST_LUNG_SHARE = 0.4
# Effective diameter of 178 mm, that of children of five to ten years (AAPM report 204, 2011): less is a head, a neck,
# an arm or a leg.
LEAST_SECTION_CM2 = 250.0

# --- The aorta --------------------------------------------------------------------------------------
# Cortical bone, and most of the marrow of vertebrae.
BONE_HU = 150.0
# The vertebral bodies lie behind the aorta: so far behind its middle, and so far to both sides, which leaves room for
# an aneurysm of 6 cm, a tortuous aorta and the chest, where it lies beside them.
BEHIND_MM, BESIDE_MM = 70.0, 35.0
# So many of a square centimetre's samples behind the aorta that are bone are a vertebra.
LEAST_BONE_CM2 = 1.5
# A vertebra of the lumbar spine holds 30 to 60 mL: a field with less bone shows no spine to look for.
LEAST_BONE_ML = 15.0
# Part of its levels at which an aorta has a vertebra behind it; discs and the field's end leave some out.
SPINE_SHARE = 0.4
# Where the aorta has gaps, the abdominal one is the lowest of those pieces that are so long beside the longest.
LOWER_SHARE = 0.5

# --- The tree ---------------------------------------------------------------------------------------
# As for measuring: fewer voxels have no shape.
FEWEST_VOXELS = 5
# Wider gaps are no narrow or poorly filled stretch of an artery: the attachment distance of measuring by default.
GAP_MM = 10.0

# What is left out of an artery is specks of a network, told as a note, where all of it together is less than this part
# of what stays.
LARGE_SHARE = 0.25

# --- The place of a branch --------------------------------------------------------------------------
# The coeliac trunk and the mesenteric arteries leave in front, the renal arteries to their side, by at most an hour
# and a half of the clock in the series that plan fenestrated stent grafts; the rest is for scoliosis and aneurysms.
MOST_TURNED_DEG = 120.0
# The common iliac arteries begin at the aorta's lower end, and are 40 to 60 mm long: one that begins more than this
# above it is none.
ILIAC_RISE_MM = 60.0
# The inferior mesenteric artery leaves the aorta 42 mm above the bifurcation, 20 to 70 mm (Pennington and Soames 2005,
# doi 10.1007/s00276-005-0001-3): what does so farther up is none.
MESENTERIC_RISE_MM = 110.0
# The order from above is coeliac trunk, superior and inferior mesenteric artery; ostia that are this near may be
# exchanged by a slanting aorta.
ORDER_MM = 10.0

# --- Left and right ---------------------------------------------------------------------------------
# Kissing iliac arteries cross the middle by less.
ACROSS_MM = 10.0
# Of its voxels so many lie on the other side where a piece has the other side's name.
ACROSS_SHARE = 0.75

# --- Stents -----------------------------------------------------------------------------------------
# The lowest of seven thresholds, each a quarter above the last: wires, of which a soft kernel leaves a few hundred HU.
STRUT_HU = 500.0
# So far from the mask struts are looked for: a mask that holds half of a lumen lacks as much of a graft of 20 mm.
STRUT_REACH_MM = 10.0
# At a level of a stent struts lie in this part of the directions around their middle; plaques lie on one or two sides.
CAGED = 0.6
# Between struts there is room: of the wall that they lie in they fill less than this part, a calcified ring more.
STRUT_SHARE = 0.5
# Struts are cut across by slices, calcified walls along: in the median arcs of stents have 2 to 8 mm, those of plaques
# all around 10 to 18, on virtual patients at 0.7 to 2 mm; and gaps between arcs at most 11 mm.
STRUT_ARC_MM = 9.0
STRUT_GAP_MM = 14.0
# The shortest stents of the aorta and the iliac arteries.
STENT_MM = 15.0
# Blooming of struts reaches so far from them.
BLOOMING_MM = 3.0

# --- Dissections ------------------------------------------------------------------------------------
# In a less enhanced lumen noise hides a flap.
FLAP_BLOOD_HU = 150.0
# A flap is darker than the blood on both sides of it by this part of its contrast to tissue without contrast medium.
FLAP_CONTRAST = 0.3
# Each lumen holds at least this part of the enhanced section.
LUMEN_SHARE = 0.15
# A flap goes on along the aorta for at least so much.
FLAP_MM = 15.0
