"""The numbers by which the tools of review decide: none of them can be chosen by users.

Meaning, unit and test of each: ``review.md#constants``. All are this project's own choices.
"""

# --- What a click means -----------------------------------------------------------------------------
# A click takes the voxel that it lies in, else the nearest fitting one within this distance: a slice view shows
# small plaques smaller than a finger is steady.
PICK_MM = 2.0

# --- A missed plaque --------------------------------------------------------------------------------
# What hangs together from the click may reach so far from it, and be so large. The largest plaque of the aorta in
# real masks is about as long as this; what goes on is blood above the threshold, bone or an organ.
PLAQUE_REACH_MM = 50.0
LARGEST_PLAQUE_MM3 = 3000.0

# --- Joining over a gap -----------------------------------------------------------------------------
# Wider gaps are no gap of one vessel: the longest kept length of a renal artery.
WIDEST_GAP_MM = 30.0
# The way over a gap may be longer than straight by this factor.
LONGEST_WAY = 1.25
# A voxel as dark as tissue without contrast medium costs the way so many times more than one as bright as the lumen.
DARK_COST = 10.0
# The calibre of a vessel at its end is that of so much of its course, from where a slice across it is whole.
CALIBRE_WITHIN_MM = 6.0

# --- Places that are remembered -----------------------------------------------------------------------
# A cluster is the one that was looked at where its centre lies so near to the place, and its volume changed by no
# more than this factor: one that grew by half is to be looked at again.
SAME_PLACE_MM = 2.0
SAME_VOLUME = 1.5
