"""What is made of a result beside masks and tables: its picture, its report and its DICOM objects.

- :mod:`.documents`: makes them, in whatever process; the command line does so itself.
- :mod:`.apart`: has them made by a process of their own, so that a window does not stand still meanwhile.
- :mod:`.process`, :mod:`.handing`: that process, and how a result is handed to it.
"""
