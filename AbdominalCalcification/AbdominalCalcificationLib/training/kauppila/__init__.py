"""Training of the network that reads the Kauppila score (:mod:`inference.kauppila_network`).

- :mod:`.films`: a radiograph with its vertebrae and its score as one file; what training reads;
- :mod:`.targets`: what is to be said of a region: rows with calcium, places of walls;
- :mod:`.varied`: films of other looks, with vertebrae as a network finds them;
- :mod:`.learning`, :mod:`.calibration`: the loop and, on films held out, what its probabilities are worth;
- :mod:`.job`, :mod:`.work`: one training, from films to a model folder.
"""
