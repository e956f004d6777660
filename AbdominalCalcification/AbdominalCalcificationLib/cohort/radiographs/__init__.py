"""Many lateral radiographs: a folder for each, one table, and the overview."""
