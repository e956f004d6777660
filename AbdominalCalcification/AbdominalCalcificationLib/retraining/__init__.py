"""From corrected cases to a model that is offered only where it is better: a job that outlives whoever began it.

- :mod:`.corrected`: which cases, of a case list or a folder.
- :mod:`.division`: who is learnt from, and who is held out.
- :mod:`.plan`, :mod:`.work`: what is to be done, and how far it is, in a folder of its own.
- :mod:`.beginning`: what it starts from, and how it is trained.
- :mod:`.looking`, :mod:`.steps`: the work itself, from the cases to the verdict.
- :mod:`.judging`, :mod:`.card`, :mod:`.offering`: whether the new model is better, what is said of it, where it goes.
- :mod:`.launch`, :mod:`.process`: the process that does it.
"""
