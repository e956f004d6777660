"""Kauppila scores of radiographs against a reference: readers' tables, stored results, and networks that run now."""
