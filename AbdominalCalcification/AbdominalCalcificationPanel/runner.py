"""Long work in the panel: a few steps per turn of the event loop, so that the window stays alive."""

import time

import qt
from slicer.i18n import tr as _

from AbdominalCalcificationLib.errors import AbdominalCalcificationError
from AbdominalCalcificationLib.progress import duration_text

# The event loop gets its turn this often while the pipeline works.
TICK_S = 0.05
# A worker process keeps its models in memory: it is ended when nothing was run for so long.
IDLE_S = 600


class StepRunner:
    """Advances one generator of ``Progress`` and shows how far it is.

    :param changed: called when work begins and ends
    :param idle: called when nothing was run for IDLE_S
    """

    def __init__(self, ui, messages, changed, idle):
        self._bar, self._messages, self._changed = ui.progressBar, messages, changed
        self._steps = self._on_done = None
        self._ticking = False
        self._timer = qt.QTimer()
        self._timer.interval = 0
        self._timer.connect("timeout()", self.tick)
        self._idle_timer = qt.QTimer()
        self._idle_timer.interval = 1000 * IDLE_S
        self._idle_timer.setSingleShot(True)
        self._idle_timer.connect("timeout()", idle)
        self._bar.visible = False

    @property
    def is_busy(self):
        """Whether something is at work."""
        return self._steps is not None

    def start(self, steps, on_done):
        """Begin with `steps`; `on_done` is called with what they return."""
        self._steps, self._on_done = steps, on_done
        self._messages.clear_log()
        self._bar.value = 0
        self._bar.visible = True
        self._messages.say(_("Starting"))
        self._idle_timer.stop()
        self._changed()
        self._timer.start()

    def stop(self):
        """End the work, if any; closing the generator ends its process and removes its files."""
        self._timer.stop()
        steps, self._steps, self._on_done = self._steps, None, None
        if steps is not None:
            steps.close()
            self._idle_timer.start()
        self._bar.visible = False
        self._changed()

    def close(self):
        """End the work and wait for nothing any more."""
        self.stop()
        self._idle_timer.stop()

    def cancel(self):
        """End the work that somebody does not want any more."""
        if self.is_busy:
            self.stop()
            self._messages.say(_("Cancelled; the scene is as it was."))

    def tick(self):
        """Advance the work for a short while."""
        if self._ticking or self._steps is None:
            return
        self._ticking = True
        try:
            self._advance(time.monotonic() + TICK_S)
        except StopIteration as finished:
            on_done = self._on_done
            self.stop()
            on_done(finished.value)
        except AbdominalCalcificationError as error:
            self.stop()
            self._messages.show_error(error)
        except Exception as error:
            self.stop()
            self._messages.show_internal_error(error)
        finally:
            self._ticking = False

    def _advance(self, until):
        while True:
            step = next(self._steps)
            self._messages.log(step.message)
            if step.waiting or time.monotonic() >= until:
                break
        # Another process is at work: no need to ask it in every turn of the event loop.
        self._timer.interval = int(1000 * TICK_S) if step.waiting else 0
        left = (
            "" if step.seconds_left is None else _(", about {time} left").format(time=duration_text(step.seconds_left))
        )
        self._messages.say(step.stage + left)
        if step.fraction is not None:
            self._bar.value = int(1000 * step.fraction)
