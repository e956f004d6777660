"""How certain what a model found is: probabilities, calibrated on virtual patients, that stay with what they are of.

From the signs of the networks (:mod:`..inference.certainty`) a calibration beside the model makes probabilities
(:mod:`.calibration`, :mod:`.fitting`); with the masks they are kept as what they are of (:mod:`.known`), so that
they are gone where a mask is not any more what the model made (``measurement.md#confidence``).
"""
