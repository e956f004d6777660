"""Coded concepts of DICOM objects: they mean what they are taken for, here, in DICOM's dictionary and to Slicer."""

from __future__ import annotations

import pytest

from AbdominalCalcificationLib.anatomy import TERRITORIES
from AbdominalCalcificationLib.reporting.dicom import codes
from AbdominalCalcificationLib.terminology import entry_of_codes, meaning_of_entry
from AbdominalCalcificationLib.trust import Verdict


def test_every_code_means_what_it_is_taken_for():
    from pydicom.sr._concepts_dict import concepts

    known = {}
    for scheme, by_name in concepts.items():
        for meanings in by_name.values():
            for value, (meaning, _) in meanings.items():
                known.setdefault((scheme, value), set()).add(meaning)
    assert codes.CALCIFICATION.value == codes.CALCIFICATION_CODE.value
    ours = [each for name, each in vars(codes).items() if isinstance(each, codes.Code) and name != "CALCIFICATION_CODE"]
    ours += [codes.artery(each) for each in TERRITORIES]
    ours += [each.laterality for each in TERRITORIES if each.laterality is not None]
    for code in ours:
        if code.scheme in (codes.OWN_SCHEME, "UMLS"):
            continue
        assert code.meaning in known[(code.scheme, code.value)] or code == codes.MM, code


@pytest.mark.parametrize("verdict", list(Verdict))
def test_every_verdict_has_a_code(verdict):
    assert codes.VERDICTS[verdict.value].scheme == codes.OWN_SCHEME
    assert set(codes.VERDICTS) == {each.value for each in Verdict}


@pytest.mark.parametrize("each", TERRITORIES, ids=lambda each: each.name)
def test_the_codes_of_a_segment_mean_its_territory_to_slicer(each):
    entry = entry_of_codes(codes.ANATOMICAL_STRUCTURE, codes.artery(each), each.laterality)
    assert meaning_of_entry(entry) == (each,)
    assert meaning_of_entry(entry_of_codes(codes.ABNORMAL_STRUCTURE, codes.CALCIFICATION)) == "calcification"
