"""What an analysis of outcomes is asked for."""

from __future__ import annotations

from dataclasses import dataclass

from ..errors import InputError

MATCH_KINDS = ("exact", "propensity")
REPEATED = ("refuse", "first", "cluster")
MATCHED = ("cases", "exposed")
#: What a CT can be; calcification is measured otherwise in each.
KINDS = ("unenhanced", "cta", "venous")
# A bootstrap, or imputations, beyond these would take days.
_MOST = {"resamples": 100_000, "imputations": 1000, "ratio": 100}


@dataclass(frozen=True)
class Settings:
    """What is associated with what, and how.

    Attributes
    ----------
    outcome : str
        Column with 1 for the event and 0 for none.
    time : str or None
        Column with the time from the CT to the event or the end of the follow-up; None for a matched case-control
        study.
    unit : str
        Of the times, for texts.
    exposures : tuple of str
        Columns of calcification; by default the total burden.
    covariates, categorical : tuple of str
        Columns to adjust for; those that are categories though they are numbers.
    groups : str
        ``severity``, ``none``, cut points of the exposures (``0.1,1,5``), or ``quantiles:N``; empty for severity
        where an exposure is a burden.
    exact, propensity : tuple of str
        Columns to match on.
    ratio : int
        Controls for each.
    caliper : float or None
        Standard deviations of the propensity score.
    matched : str
        Who gets controls: ``cases`` (those with the event) or ``exposed`` (those in a group above the first).
    id, patient : str or None
        Columns; by default ``id`` or ``case``, and ``patient``, where there are such.
    repeated : str
        What happens to patients with several rows: ``refuse``, ``first``, ``cluster``.
    horizon : float or None
        At which risks are predicted; by default the median of the times.
    imputations : int
        Of missing covariates; 0 for complete cases alone.
    resamples, seed : int
    """

    outcome: str
    time: str | None = None
    unit: str = ""
    exposures: tuple[str, ...] = ()
    covariates: tuple[str, ...] = ()
    categorical: tuple[str, ...] = ()
    groups: str = ""
    exact: tuple[str, ...] = ()
    propensity: tuple[str, ...] = ()
    ratio: int = 1
    caliper: float | None = 0.2
    matched: str = "cases"
    id: str | None = None
    patient: str | None = None
    repeated: str = "refuse"
    horizon: float | None = None
    imputations: int = 0
    resamples: int = 500
    seed: int = 0

    def __post_init__(self) -> None:
        if self.time is None and not self.matches:
            raise InputError("Name the times with --time, or match cases with controls by --match.")
        if self.time is None and self.matched == "exposed":
            raise InputError("Matching the exposed needs times: add --time, or match cases.")
        for name, least in (("ratio", 1), ("resamples", 0), ("imputations", 0), ("seed", 0)):
            value = getattr(self, name)
            if value < least or value > _MOST.get(name, value):
                limit = f"between {least} and {_MOST[name]:,}" if name in _MOST else f"at least {least}"
                raise InputError(f"--{name} must be {limit}, not {value}.")
        if self.imputations == 1:
            raise InputError("--imputations must be at least 2, for one says nothing about what is not known.")
        if self.caliper is not None and not 0 < self.caliper < float("inf"):
            raise InputError(f"--caliper must be a positive number, not {self.caliper:g}.")
        if self.horizon is not None and not 0 < self.horizon < float("inf"):
            raise InputError(f"--horizon must be a positive time, not {self.horizon:g}.")
        self._refuse_without_effect()
        named = {
            "outcome": (self.outcome,),
            "time": (self.time,),
            "exposure": self.exposures,
            "covariates": self.covariates,
        }
        seen: dict[str, str] = {}
        for option, columns in named.items():
            for column in filter(None, columns):
                if column in seen:
                    raise InputError(
                        f"The column '{column}' is named twice (--{seen[column]}, --{option}); name it once."
                    )
                seen[column] = option
        for column in (*self.exact, *self.propensity):
            if column == self.outcome or column == self.time:
                raise InputError(f"--match on '{column}' would match on the outcome itself; leave it out.")
            if column in self.exposures:
                raise InputError(f"--match on '{column}' would make the exposure alike in sets; leave it out.")
        both = set(self.exact) & set(self.propensity)
        if both:
            raise InputError(f"--match names '{min(both)}' twice; name it once.")

    def _refuse_without_effect(self) -> None:
        """Raise InputError for what is asked for and would not be done, such as a column that is named wrongly."""
        used = {*self.covariates, *self.exact, *self.propensity}
        for column in self.categorical:
            if column not in used:
                raise InputError(
                    f"--categorical names '{column}', which is neither among --covariates nor in --match; correct it."
                )
        for asked, option, needs in (
            (not self.matches and self.matched != "cases", "--matched", "--match"),
            (not self.matches and self.ratio != 1, "--ratio", "--match"),
            (self.time is None and self.horizon is not None, "--horizon", "--time"),
            (self.time is None and self.imputations > 0, "--imputations", "--time"),
            (not self.covariates and self.imputations > 0, "--imputations", "--covariates"),
        ):
            if asked:
                raise InputError(f"{option} does nothing without {needs}; name {needs}, or leave {option} out.")

    @property
    def matches(self) -> bool:
        """Whether anybody is matched."""
        return bool(self.exact or self.propensity)


def parse_match(rules: list[str]) -> dict[str, tuple[str, ...]]:
    """Parse ``exact:sex,site`` and ``propensity:age,bmi``; InputError for other forms."""
    found: dict[str, tuple[str, ...]] = {}
    for rule in rules:
        kind, _, columns = rule.partition(":")
        names = tuple(name.strip() for name in columns.split(",") if name.strip())
        if kind not in MATCH_KINDS or not names:
            raise InputError(f"'{rule}' does not say how to match; write exact:sex,site or propensity:age,bmi.")
        found[kind] = found.get(kind, ()) + names
    return found
