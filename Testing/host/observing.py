"""Observers of MRML that end with a widget."""

from __future__ import annotations


def observe_while_alive(widget, observed, events, callback):
    """Observe as Qt-based observers do: not beyond the widget's end. Return what stops it earlier."""
    tags = [observed.AddObserver(event, callback) for event in events]

    def stop(*_):
        while tags:
            observed.RemoveObserver(tags.pop())

    widget.destroyed.connect(stop)
    return stop
