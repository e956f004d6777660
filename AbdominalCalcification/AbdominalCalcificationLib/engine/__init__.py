"""Many cases, each a call of one function: in this process, in processes of this computer, or on a Dask cluster.

- :mod:`.settings`: where the work is done.
- :mod:`.work`: the one door, :func:`work.answers_of`; in this process where one job suffices.
- :mod:`.embedded`: a Dask cluster of this computer that ends with the work.
- :mod:`.crew`: which workers of a cluster are given work: those with this version of this program.
- :mod:`.dealing`: hands out cases, a few ahead; what dies with its worker is tried again.
- :mod:`.kit`: what a process keeps from one case to the next.
- :mod:`.places`: paths that are called otherwise where the workers are.

No data goes through the scheduler: a function is given paths, writes files and answers in a few words.
"""
