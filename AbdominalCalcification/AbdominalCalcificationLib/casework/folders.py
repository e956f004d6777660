"""Folders that lie below a list of cases and hold no cases themselves."""

#: What readers did, and what was retrained.
REVIEWS, RETRAINING = "reviews", "retraining"
