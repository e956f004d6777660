"""How results look, in the scene and in pictures alike. Colours of arteries are in the territory table."""

# The window in which contrast-enhanced vessels and their calcification are read, HU.
CTA_WINDOW_HU = 800.0
CTA_LEVEL_HU = 250.0

# RGB, 0 to 1.
CUT_OFF_COLOR = (0.6, 0.6, 0.6)
ARTERY_OPACITY = 0.4
# Told apart by people who see no red or no green too (Okabe and Ito's palette), and from what was cut off.
BOTH_COLOR = (0.0, 0.62, 0.45)
ONLY_FIRST_COLOR = (0.0, 0.45, 0.70)
ONLY_SECOND_COLOR = (0.84, 0.37, 0.0)

# Green, amber and red as they are read on black, by the verdict on a result.
VERDICT_COLORS = {"ok": (0.30, 0.69, 0.31), "review": (1.0, 0.70, 0.0), "unusable": (0.90, 0.22, 0.21)}
# What is shown before it is taken.
PREVIEW_COLOR = (1.0, 0.9, 0.1)
# Clusters by size and by mean HU: where groups begin (our choice), and the colours of the groups, dark to bright
# (viridis, which people who see no red or no green can order too).
CLUSTER_MM3 = (10.0, 50.0, 200.0)
CLUSTER_HU = (400.0, 600.0, 800.0)
RISING_COLORS = ((0.27, 0.00, 0.33), (0.19, 0.41, 0.56), (0.21, 0.72, 0.47), (0.99, 0.91, 0.14))
# Outlines of vertebrae on radiographs, and walls of the aorta by the score of the part, 0 to 3, pale to vivid (Okabe
# and Ito's palette); the last is of a part without a score.
VERTEBRA_COLOR = (0.34, 0.71, 0.91)
PART_COLORS = ((0.80, 0.80, 0.80), (0.94, 0.89, 0.26), (0.90, 0.62, 0.00), (0.84, 0.37, 0.00))
NO_PART_COLOR = (0.80, 0.47, 0.65)
