"""Other processes: which Python runs them, how they are told what to do, and how they end with this one.

- :mod:`.worker`: one process that is kept between jobs and reports events (segmentation, training).
- :mod:`.spread`: many pieces of one task, each a call of a function (virtual patients).
- :mod:`engine`: cases of a cohort, where a process may die without harm to the others; built on Dask.
"""
