"""What the page of radiographs says of a result: verdict, sum, parts, corrections. No Qt."""

import html

from slicer.i18n import tr as _

from .result_rows import Cell, Row, Table, note_text

NOT_ASSESSED = "–"


def score_table(result, made):
    """Return the eight parts as rows of vertebrae with both walls, see `parts_in_table`.

    :param result: RadiographResult as it is now
    :param made: RadiographResult as the model made it
    """
    from AbdominalCalcificationLib.radiograph.kauppila import VERTEBRAE, WALLS

    columns = tuple(Cell(wall_title(wall), is_number=False) for wall in WALLS)
    rows = [
        Row(Cell(vertebra), tuple(_part_cell(result.score.part(vertebra, wall)) for wall in WALLS))
        for vertebra in VERTEBRAE
    ]
    return Table(columns, tuple(rows))


def part_in_table(row, column):
    """Return vertebra and wall of a cell of `score_table`."""
    from AbdominalCalcificationLib.radiograph.kauppila import VERTEBRAE, WALLS

    return VERTEBRAE[row], WALLS[column]


def wall_title(wall):
    return {"anterior": _("Anterior wall"), "posterior": _("Posterior wall")}[wall]


def _part_cell(part):
    text = NOT_ASSESSED if part.score is None else str(part.score)
    if part.origin == "reader":
        return Cell(_("{score} by the reader").format(score=text), part_text(part), is_number=False)
    if part.score is not None and part.probabilities is not None:
        text = f"{text}  ({100 * part.probabilities[part.score]:.0f} %)"
    return Cell(text, part_text(part), is_number=False)


def part_text(part):
    """Return all that is known of a part, as rich text."""
    score = _("not assessed") if part.score is None else part.score
    lines = [f"<b>{part.vertebra}, {wall_title(part.wall).lower()}: {score}</b>"]
    if part.probabilities is not None:
        shares = "  ".join(f"{number}: {100 * share:.0f} %" for number, share in enumerate(part.probabilities))
        lines.append(_("The model's probabilities: {shares}").format(shares=shares))
    if part.extent_fraction is not None and part.line:
        text = _("Deposits along {percent:.0f} % of the wall.").format(percent=100 * part.extent_fraction)
        implied = part.extent_score
        if part.score is not None and implied != part.score:
            text += " " + _("By that length alone it would be {score}.").format(score=implied)
        lines.append(text)
    if not part.line:
        lines.append(_("No wall is drawn in front of this vertebra."))
    return "<br>".join(lines)


def summary_text(result, groups=None):
    """Return sum, interval and severity in a sentence, as rich text.

    :param groups: severity.ScoreGroups; None leaves severity out
    """
    score = result.score
    missing = sum(each.score is None for each in score.segments)
    if score.total is None:
        known = sum(each.score or 0 for each in score.segments)
        text = _("<b>No sum</b>: {missing} of 8 parts are not assessed; the others come to {known}.")
        return text.format(missing=missing, known=known)
    text = _("Kauppila score <b>{total}</b> of 24").format(total=score.total)
    between = result.interval()
    if between is not None and between[0] != between[1]:
        text += _(" (90 % interval {low:.0f} to {high:.0f})").format(low=between[0], high=between[1])
    if groups is not None:
        text += f": <b>{html.escape(groups.group_of(score.total))}</b> ({html.escape(groups.name)})"
    text += "."
    counts = _("Affected vertebrae {segments} of 4, affected walls {walls} of 8.")
    text += " " + counts.format(segments=score.affected_segments, walls=score.affected_walls)
    by_reader = sum(each.origin == "reader" for each in score.segments)
    if by_reader:
        text += " " + _("{count} of 8 parts are a reader's.").format(count=by_reader)
    return text


def groups_tip(groups):
    """Return which scores the groups of severity hold, and where they are from, as rich text."""
    scores = ", ".join(f"{name} {bounds}" for name, bounds in zip(groups.names, groups.bounds(), strict=True))
    return html.escape(f"{groups.name}: {scores}. {groups.source}", quote=False)


def notes_text(result):
    """Return what is to be known about a result as rich text, and how many notes that are."""
    from AbdominalCalcificationLib.flags import Effect
    from AbdominalCalcificationLib.trust import notes_of

    notes = notes_of(result.flags)
    lines = [
        f"<p>{'' if each.effect is Effect.NOTE else '⚠ '}{html.escape(_on_this_page(note_text(each)), quote=False)}</p>"
        for each in notes
    ]
    return "".join(lines), len(notes)


def _on_this_page(text):
    """Return advice with the fields of the page in the place of the options of the command line."""
    fields = {
        "--pixel-spacing": _("'Pixel size'"),
        "--faces": _("'Patient faces'"),
        "--invert": _("'Bone is dark in the view'"),
    }
    for option, field in fields.items():
        text = text.replace(option, field)
    return text


def corrections_text(corrections):
    """Return who corrected what and when, the newest first, as rich text, and how many of them stand."""
    lines = []
    for each in reversed(corrections.entries):
        when = each.time[:16].replace("T", " ")
        text = html.escape(f"{when}  {each.editor}: {each.text}", quote=False)
        lines.append(text if each.stands else f"<s>{text}</s>")
    return "<br>".join(lines), len(corrections.standing)


def readings_table(readings):
    """Return two readings (radiograph.readings.Readings) part by part, and the sums."""
    from AbdominalCalcificationLib.radiograph.kauppila import PARTS

    columns = (Cell(_("This one")), Cell(_("The other")), Cell(_("Difference")))
    rows = [
        Row(Cell(f"{vertebra} {wall}"), (_score(first), _score(second), _difference(difference)))
        for (vertebra, wall), (first, second), difference in zip(
            PARTS, readings.pairs, readings.differences, strict=True
        )
    ]
    sums = _score(readings.first.total), _score(readings.second.total), _difference(readings.total_difference)
    return Table(columns, (*rows, Row(Cell(_("Sum")), sums)))


def readings_text(readings):
    """Return how well two readings agree, in a sentence."""
    kappa = readings.kappa
    agreeing = sum(each == 0 for each in readings.differences)
    text = _("{agreeing} of {both} parts that both assessed are the same.")
    text = text.format(agreeing=agreeing, both=readings.both_assessed)
    if kappa is None:
        return text + " " + _("Weighted kappa is not defined here.")
    return text + " " + _("Weighted kappa (quadratic) {kappa:.2f}.").format(kappa=kappa)


def _score(score):
    return Cell(NOT_ASSESSED if score is None else str(score))


def _difference(difference):
    return Cell(NOT_ASSESSED if difference is None else f"{difference:+d}" if difference else "0")
