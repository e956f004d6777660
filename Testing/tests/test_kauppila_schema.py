"""The schema of ``kauppila.json``: what it takes, and what it refuses."""

from __future__ import annotations

import json

import jsonschema

from AbdominalCalcificationLib.radiograph.document import radiograph_document
from AbdominalCalcificationLib.radiograph.from_ct.files import Compared, kauppila_document, kauppila_schema
from radiograph_cases import a_result


def test_the_schema_of_a_ct_s_score_knows_what_is_wrong():
    result = a_result()
    read = Compared("simulated", radiograph_document(result), result.score)
    document = json.loads(json.dumps(kauppila_document(result, {"simulated": read, "radiograph": read})))
    validator = jsonschema.Draft202012Validator(kauppila_schema())
    validator.check_schema(kauppila_schema())
    validator.validate(document)
    old = {
        "segments": [{key: each[key] for key in ("vertebra", "wall", "score")} for each in document["ct"]["segments"]]
    }
    validator.validate(document | {"radiograph": old})

    def broken(change) -> bool:
        other = json.loads(json.dumps(document))
        change(other)
        return not validator.is_valid(other)

    assert broken(lambda d: d["ct"].pop("score"))
    assert broken(lambda d: d["simulated"]["segments"][0].update(score=4))
    assert broken(lambda d: d["radiograph"]["segments"].pop())
    assert broken(lambda d: d["radiograph"]["segments"][2].update(score=True))
    assert broken(lambda d: d["compared"].pop())
    assert broken(lambda d: d["compared"][0].update(ct=4))
    assert broken(lambda d: d["compared"][0].update(extent_fraction=1.5))
    assert broken(lambda d: d["compared"][8].update(ct=25))
    assert broken(lambda d: d["compared"][3].pop("simulated_minus_ct"))
    assert broken(lambda d: d["compared"][3].pop("radiograph"))
    assert broken(lambda d: d.update(more=1))
