"""What the module says about itself under *Help & Acknowledgement*."""

from slicer.i18n import tr as _

HOMEPAGE = "https://github.com/AbdominalCalcification/SlicerAbdominalCalcification"
_DOCS = f"{HOMEPAGE}/blob/main/Resources/docs"


def help_text():
    """Return what the module is for, and what can be read about it, as rich text."""
    text = _(
        "Measures calcification of the abdominal arteries on CT angiograms: segments the aorta, its visceral"
        " and renal branches and the common iliac arteries, finds calcification, and reports calcified"
        " volume, burden and clusters per artery. The models that ship with it were trained on simulated CT:"
        " for trying and testing, not for diagnosis."
    )
    pages = {
        _("Tutorial"): f"{_DOCS}/tutorial.md",
        _("How each number is defined"): f"{_DOCS}/measurement.md",
        _("Keys of the review"): f"{_DOCS}/shortcuts.md",
        _("Troubleshooting"): f"{_DOCS}/troubleshooting.md",
        _("What is stored, and where"): f"{_DOCS}/privacy.md",
        _("Questions and faults"): f"{HOMEPAGE}/issues",
    }
    links = (f'<a href="{address}">{title}</a>' for title, address in pages.items())
    return f"{text}<p>{' · '.join(links)}</p>"


def acknowledgement():
    """Return whose method it is."""
    return _("The measures follow Halkoaho et al. 2026, Acta Radiologica Open, doi 10.1177/20584601261431608.")
