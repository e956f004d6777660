"""An analysis in words: in brief, as a methods section can take them over, and what is not said yet."""

from __future__ import annotations

from collections.abc import Mapping

from ..reporting.text import counted

_STATED_BY_TABLE = "the table and the command line do not say it"


def p_text(value: float | None) -> str:
    """Return a p value as it is printed."""
    if value is None:
        return "–"
    return "p < 0.001" if value < 0.001 else f"p = {value:.3f}"


def ratio_text(term: Mapping) -> str:
    """Return a ratio with its interval."""
    return f"{number_text(term['ratio'])} ({number_text(term['lower'])} to {number_text(term['upper'])})"


def number_text(value: float | None) -> str:
    """Return a number with three digits or more, or a dash."""
    if value is None:
        return "–"
    if value != 0 and not 1e-3 <= abs(value) < 1e5:
        return f"{value:.2e}"
    return f"{value:.2f}" if abs(value) < 100 else f"{value:.0f}"


def kind_of_ratio(model: Mapping) -> str:
    """Return what the ratios of a model are."""
    return "odds ratio" if model["kind"] == "conditional" else "hazard ratio"


def in_brief(document: Mapping) -> list[str]:
    """Return what came out, a line for each thing; refused models say why."""
    settings, analysed = document["settings"], document["analysed"]
    lines = [
        f"{counted(analysed['rows'], 'row')} of {document['table']['rows']} analysed, "
        f"{counted(analysed['patients'], 'patient')}, "
        f"{counted(analysed['events'], 'event')} ({settings['outcome']})."
    ]
    review = analysed["review"]
    if review:
        lines.append(f"{counted(review, 'row')} of these to be looked at (trust is review), in all numbers.")
    lines += [f"{model_title(model)}: {_outcome_of(model)}" for model in main_models(document)]
    others = len(document["exposures"]) - 1
    if others:
        lines.append(f"{counted(others, 'other exposure')} below, with p values corrected for {others + 1} (Holm).")
    found = document["prediction"] and document["prediction"]["discrimination"]
    if found and found.get("refused") is None:
        change = found["change"]
        lines.append(
            f"Harrell's C {found['without']['value']:.3f} without and {found['with_exposure']['value']:.3f} with "
            f"{document['prediction']['exposure']}: change "
            f"{change['value']:+.3f}{_interval(change['interval'], '+.3f')}."
        )
    return lines


def main_models(document: Mapping) -> list[Mapping]:
    """Return the models of the first exposure per standard deviation: adjusted, where covariates are named.

    Where nobody was compared by standard deviations, as among matched exposed people, those of its groups.
    """
    first = document["exposures"][0]["name"]
    adjusted = bool(document["settings"]["covariates"])
    chosen = []
    for kind, data in dict.fromkeys((each["kind"], each["data"]) for each in document["models"]):
        named = (kind, data, first)
        own = [each for each in document["models"] if (each["kind"], each["data"], each["exposure"]) == named]
        forms = [each for each in own if each["form"] == "per_sd"] or own
        fitting = [each for each in forms if bool(each["covariates"]) == adjusted]
        chosen += fitting or forms[-1:]
    return chosen


def model_title(model: Mapping) -> str:
    """Return what a model is, in a line."""
    data = {"complete": "", "imputed": ", missing covariates imputed", "matched": ", matched"}[model["data"]]
    adjusted = f"adjusted for {', '.join(model['covariates'])}" if model["covariates"] else "not adjusted"
    kind = "Conditional logistic regression" if model["kind"] == "conditional" else "Cox"
    return f"{kind}, {model['exposure']}, {adjusted}{data}"


def _outcome_of(model: Mapping) -> str:
    if model["refused"]:
        return f"no estimate: {model['refused']}."
    term = model["terms"][0]
    level = f"of {term['level']} against {term['reference']}:" if term["reference"] else term["level"]
    return (
        f"{kind_of_ratio(model)} {level} {ratio_text(term)}, {p_text(term['p_value'])}; "
        f"{counted(model['rows'], 'row')}, {counted(model['events'], 'event')}."
    )


def _interval(limits, form: str) -> str:
    return "" if limits is None else f" ({limits[0]:{form}} to {limits[1]:{form}})"


def methods_text(document: Mapping) -> list[str]:
    """Return what was done, in paragraphs that a methods section can take over."""
    parts = [_people_text(document), _exposure_text(document)]
    if document["follow_up"] is not None:
        parts += [_cox_text(document), _prediction_text(document)]
    if document["matching"] is not None:
        parts.append(_matching_text(document))
    parts += [_missing_text(document), _software_text(document)]
    return parts


def _people_text(document: Mapping) -> str:
    settings, analysed = document["settings"], document["analysed"]
    text = f"Of {document['table']['rows']} rows, {analysed['rows']} of {analysed['patients']} patients were analysed"
    if document["flow"]:
        text += " (left out: " + "; ".join(f"{each['rows']}, {each['reason']}" for each in document["flow"]) + ")"
    text += f"; {analysed['events']} had the event ({settings['outcome']})."
    follow = document["follow_up"]
    if follow is not None:
        unit = f" {settings['unit']}" if settings["unit"] else ""
        median = "was not reached" if follow["median"] is None else f"was {number_text(follow['median'])}{unit}"
        text += f" The median follow-up, by the reverse Kaplan–Meier method, {median}."
    if analysed["clustered"]:
        text += (
            " Patients had several rows: regressions have robust errors clustered by patient, and patients were "
            "resampled; "
            "Kaplan–Meier curves, log-rank tests and tests of proportional hazards take rows for independent."
        )
    review = analysed["review"]
    if review:
        text += (
            f" In {review} of the analysed rows the measurement was to be looked at (verdict review); they were kept."
        )
    return text


def _exposure_text(document: Mapping) -> str:
    names = [each["name"] for each in document["exposures"]]
    text = (
        f"Calcification ({', '.join(names)}) was entered per standard deviation of all analysed people in whom it was "
        "measured"
    )
    first = document["exposures"][0]
    if len(first["groups"]) > 1:
        named = first["groups"][0]["name"] != first["groups"][0]["bounds"]
        groups = "; ".join((f"{each['name']}: " if named else "") + each["bounds"] for each in first["groups"])
        text += f" and in groups ({first['name']}: {groups}), the first of which was the reference"
        if document["settings"]["groups"] in ("", "severity"):
            text += "; these cut points are the software's own choice and have not been related to outcomes"
    text += "."
    if len(names) > 1:
        text += (
            f" p values of the {len(names)} exposures were corrected with Holm's method, for each kind of model apart."
        )
    return text


def _cox_text(document: Mapping) -> str:
    covariates = document["settings"]["covariates"]
    adjusted = (
        f", without covariates and adjusted for {', '.join(covariates)}" if covariates else ", without covariates"
    )
    tested = curves = ""
    if any(each.get("proportional_hazards") for each in document["models"]):
        tested = (
            " The hazards' proportionality was tested, in models without imputed values, by the score test on scaled "
            "Schoenfeld residuals against 1 − Kaplan–Meier (Grambsch and Therneau 1994)."
        )
    if document["curves"]:
        curves = (
            " Survival without the event was estimated in groups by Kaplan and Meier's method with log-log intervals"
        )
        curves += ", which the log-rank test compared." if any(x["log_rank"] for x in document["curves"]) else "."
    return (
        f"Associations with the time to the event were estimated by Cox's regression{adjusted}, with Efron's method "
        f"for tied "
        f"times; intervals and p values are Wald's.{tested}{curves} Models without a finite maximum of the likelihood "
        "(separation), or that did not converge, are reported without estimates."
    )


def _prediction_text(document: Mapping) -> str:
    prediction, settings = document["prediction"], document["settings"]
    found = prediction["discrimination"]
    base = "covariates alone" if settings["covariates"] else "no covariate (C = 0.5)"
    text = f"Discrimination was measured by Harrell's C of the model with {prediction['exposure']} and of {base}"
    if found.get("slope") is not None:
        text += (
            f"; in {found['resamples']} bootstrap resamples of patients both models were fitted anew, and C and "
            "calibration slope were corrected for optimism (Harrell et al. 1996)"
        )
        if found["change"]["interval"] is not None:
            text += "; intervals are percentiles of the resamples"
        else:
            text += "; these are too few for intervals"
    elif found.get("asked"):
        text += (
            f"; only {found['resamples']} of {found['asked']} bootstrap resamples gave models, so there are neither "
            "intervals nor corrections for optimism"
        )
    if prediction["calibration"]:
        unit = f" {settings['unit']}" if settings["unit"] else ""
        chosen = "" if settings["horizon"] is not None else ", the median of the times"
        text += (
            f". Calibration compares the predicted risk at "
            f"{number_text(prediction['calibration']['horizon'])}{unit}{chosen} with "
            "1 − Kaplan–Meier in groups of predicted risk"
        )
    return text + "."


def _matching_text(document: Mapping) -> str:
    matching = document["matching"]
    who = matching["matched"][0].upper() + matching["matched"][1:]
    text = f"{who} were matched with up to {counted(matching['ratio'], 'control')} each"
    if matching["exact"]:
        text += f", exactly on {', '.join(matching['exact'])}"
    if matching["propensity"]:
        text += (
            f", and to the nearest propensity score (logistic regression on {', '.join(matching['propensity'])}; "
            "greedy, largest score first, equal ones in the order of the table, without replacement, within "
            f"{matching['caliper']:g} standard deviations of the score)"
        )
    else:
        text += ", controls being drawn by chance among equals"
    text += f": {matching['sets']} sets, {matching['unmatched']} without a control"
    if matching["left_out"]:
        text += f", {matching['left_out']} rows left out since not all columns were known"
    if document["settings"]["matched"] == "cases":
        text += (
            ". Matched sets were analysed by conditional logistic regression. Controls are those without the event "
            "by the end of "
            "their own follow-up, whatever its length; the odds ratios are no hazard ratios"
        )
    else:
        text += ". Hazard ratios in the matched sample have errors that are robust for matched sets"
        if matching["unequal_controls_unweighted"]:
            text += "; controls were not weighted by the sizes of their sets"
    if matching["balance"]:
        text += ". Balance was judged by standardised mean differences, controls weighted by the sizes of their sets"
    return text + "."


def _missing_text(document: Mapping) -> str:
    missing = [each for each in document["missing"] if each["missing"]]
    if not missing:
        return "No exposure and no covariate was missing."
    listed = "; ".join(f"{each['column']} {100 * each['missing'] / each['rows']:.1f} %" for each in missing)
    text = f"Missing were: {listed}. Each model has the rows in which all its columns are known (complete cases)."
    if any(each["data"] == "imputed" for each in document["models"]):
        kept = [each["name"] for each in document["covariates"] if len(each["levels"]) > 1]
        names = {each["name"] for each in document["covariates"]} - set(kept)
        filled = "missing values of " + ", ".join(each["column"] for each in missing if each["column"] in names)
        text += (
            f" In a second analysis, {filled} were imputed {document['settings']['imputations']} "
            f"times by "
            "chained equations with predictive mean matching (5 donors, 10 rounds), with exposure, event and the "
            "Nelson–Aalen "
            "cumulative hazard among the predictors (White and Royston 2009), and combined by Rubin's rules with "
            "the degrees of "
            "freedom of Barnard and Rubin (1999). Calcification that was not measured was never imputed."
        )
        if any(each["column"] in kept for each in missing):
            text += f" Nor were categories of more than two levels ({', '.join(kept)})."
    return text


def _software_text(document: Mapping) -> str:
    return (
        f"Analyses were made with AbdominalCalcification {document['software']['version']} (seed "
        f"{document['settings']['seed']}); tests are two-sided, intervals 95 %."
    )


def still_missing(document: Mapping) -> list[str]:
    """Return what a report after STROBE (von Elm et al. 2007, doi 10.1371/journal.pmed.0040296) still has to say.

    Numbers in front are those of the STROBE items.
    """
    settings = document["settings"]
    lines = [
        f"4, 5: study design, setting, places and dates of recruitment and follow-up ({_STATED_BY_TABLE}).",
        "6: who was eligible, how patients were found, and why they had a CT.",
        f"7: how the event ({settings['outcome']}) was defined, and who judged it, blinded for the CT or not.",
        "8: scanner, contrast phase, slice thickness and kernel; whether these were the same for all.",
        "9: what was done about bias: those who get a CT are not all patients.",
        "10: why the study has this size.",
        "22: funding, and 16b, 19, 20: what the findings mean, and their limits.",
    ]
    if not settings["covariates"]:
        lines.append("7, 16a: confounders: no covariate was adjusted for.")
    if settings["time"] is not None and not settings["unit"]:
        lines.append("14c: the unit of the times; name it with --unit.")
    if settings["time"] is not None:
        lines.append("12: competing events such as death were not modelled: those who had one count as censored.")
        lines.append("13, 14: losses to follow-up, and whether they had to do with the outcome.")
    imputed = any(each["data"] == "imputed" for each in document["models"])
    if any(each["missing"] for each in document["missing"]) and not imputed:
        lines.append("12c: missing data were left out, not imputed; --imputations 20 adds multiple imputation.")
    if any(each["few_events"] for each in document["models"]):
        lines.append("12: some models have fewer than 10 events for each coefficient (marked in the table).")
    if document["analysed"]["review"]:
        lines.append("12e: a sensitivity analysis without the measurements that are to be looked at (trust is review).")
    if not document["verdicts"]:
        lines.append("8: whether the measurements could be trusted: the table has no column trust.")
    return sorted(lines, key=lambda line: int(line.split(":")[0].split(",")[0].rstrip("abcde")))
