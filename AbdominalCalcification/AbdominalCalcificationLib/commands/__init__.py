"""The commands of the command line, one module each: what they take (``add``) and what they do (``run``)."""
