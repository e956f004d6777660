"""Numbers that follow edits: in short turns of the event loop, overtaken by the next edit, quietly."""

import time

import qt

from AbdominalCalcificationLib.errors import AbdominalCalcificationError

from .parameters import case_of, measurement_parameters

# So long it works in one turn of the event loop, where its steps are that short.
TICK_S = 0.02
# What can wait is done when nothing was edited for so long.
SETTLE_MS = 1000


class LiveControl:
    """Brings the numbers of the chosen CT up to date after edits of its masks.

    :param state: PanelState
    :param messages: MessageView, told of what nobody foresaw
    :param changed: called when there is something else to say about the numbers: whether they follow, and why not
    :param shown: called when numbers have changed
    """

    def __init__(self, state, messages, changed, shown):
        self._state, self._messages, self._changed, self._shown = state, messages, changed, shown
        self._case = self._steps = self._done = self._vessels_done = None
        self._overtaken = self._ticking = self._wanted = False
        self._tried = None  # parameters that numbers were brought up to date for, whether or not that went well
        self.why_not = ""
        self.at_rest = lambda: None  # called when all follows what was edited, and nothing waits any more
        self._timer = qt.QTimer()
        self._timer.interval = 0
        self._timer.connect("timeout()", self.tick)
        self._settle_timer = qt.QTimer()
        self._settle_timer.setSingleShot(True)
        self._settle_timer.interval = SETTLE_MS
        self._settle_timer.connect("timeout()", self._settle)

    @property
    def is_following(self):
        """Whether the numbers are being brought up to date, or will be when other work is done."""
        return self._wanted

    @property
    def is_settled(self):
        """Whether nothing waits for a pause either."""
        return not self._settle_timer.active and self._steps is None

    def edited(self):
        """Follow an edit of the masks or of what they are measured with: from the next turn of the event loop on."""
        self._settle_timer.stop()
        if not self._can_follow():
            self._stop()
            return
        self._overtaken, self._wanted, self.why_not = True, True, ""
        if not self._state.runner.is_busy:
            self._timer.start()

    def update(self):
        """Go on when other work has ended; what is followed no more is let go of."""
        state = self._state
        if self._case is not None and (state.parameters is None or not self._case.is_of(case_of(state.parameters))):
            self._stop()
            self._case = None
        if state.runner.is_busy:
            self._timer.stop()
            self._settle_timer.stop()
        elif self._wanted and self._can_follow():
            self._timer.start()
        elif not self._wanted and self._has_other_parameters():
            self.edited()
        elif self._steps is not None:
            self._timer.start()
        else:
            self._begin_vessels()

    def measured(self, outdated):
        """Note that everything was measured, by other means; where masks were edited meanwhile, follow.

        :param outdated: whether the numbers are not those of the masks as they are now
        """
        self._stop()
        if self._case is not None:
            self._case.forget_notes()
        if outdated:
            self.edited()

    def prepare(self, is_closed=False):
        """Work out, when nothing else is at work, what is the same after the first edit: it then waits for less.

        :param is_closed: whether the section in which masks are edited was closed
        """
        is_idle = not (self._wanted or self._state.runner.is_busy) and self._steps is None
        if not is_closed and self._case is None and is_idle and self._can_follow():
            self._begin(self._update_steps(), self._updated)

    def find_vessels(self, done):
        """Find what lies along the vessels, as soon as nothing else is at work and nothing is edited.

        :param done: called with profiles.Vessels and the CT
        """
        self._vessels_done = done
        if not self._wanted and self._steps is None:
            self._begin_vessels()

    def _begin_vessels(self):
        if self._vessels_done is not None and not self._state.runner.is_busy and self._can_follow():
            self._begin(self._vessels_steps(), self._found_vessels)

    def _vessels_steps(self):
        case = self._case_now()
        vessels = yield from case.vessels_steps(measurement_parameters(self._state.parameters))
        return vessels, case.ct

    def _found_vessels(self, found):
        done, self._vessels_done = self._vessels_done, None
        if done is not None:
            done(*found)

    def close(self):
        """Let go of everything."""
        self._stop()
        self._case = self._vessels_done = self._tried = None

    def tick(self):
        """Work for a short while."""
        if self._ticking:
            return
        self._ticking = True
        try:
            self._advance(time.monotonic() + TICK_S)
        except StopIteration as finished:
            self._end(finished.value)
        except AbdominalCalcificationError as error:
            self._stop()
            self.why_not = str(error)
            self._changed()
        except Exception as error:
            self._stop()
            self._case = None
            self._messages.show_internal_error(error)
            self._changed()
        finally:
            self._ticking = False

    def _advance(self, until):
        if self._overtaken or self._steps is None:
            self._close_steps()
            self._overtaken = False
            if not self._can_follow():
                self._stop()
                return
            self._begin(self._update_steps(), self._updated)
        while True:
            next(self._steps)
            if time.monotonic() >= until:
                return

    def _begin(self, steps, done):
        self._steps, self._done = steps, done
        self._timer.start()

    def _update_steps(self):
        return self._case_now().update_steps(measurement_parameters(self._state.parameters))

    def _case_now(self):
        if self._case is None:
            from AbdominalCalcificationLib.scene.live import LiveCase

            self._case = LiveCase(case_of(self._state.parameters))
        return self._case

    def _end(self, value):
        done, self._steps = self._done, None
        if self._overtaken:
            return  # an edit came with the last step
        self._timer.stop()
        done(value)

    def _updated(self, _results):
        self._wanted = False
        self._shown()
        if self._has_other_parameters():  # they were changed meanwhile
            self.edited()
        elif self._case.is_settled:
            self.at_rest()
            self._begin_vessels()
        else:
            self._settle_timer.start()

    def _settle(self):
        """Begin with what can wait."""
        self._settle_timer.stop()
        if self._case is None or self._wanted or self._state.runner.is_busy or not self._can_follow():
            return
        self._close_steps()
        self._begin(self._case.settle_steps(self._state.parameters.cutOff), self._settled)

    def _settled(self, cut_off):
        parameters = self._state.parameters
        if parameters.cutOff is not cut_off:
            parameters.cutOff = cut_off
        self._wanted = self._overtaken = True  # what was noted is a part of the numbers' provenance
        self._timer.start()

    def _has_other_parameters(self):
        """Return whether lengths, or the arteries of clusters, are others than measured with: each is tried once."""
        from AbdominalCalcificationLib.reporting.documents import parameters_document

        found = self._followed_results()
        if found is None:
            return False
        chosen = parameters_document(measurement_parameters(self._state.parameters))
        tried, self._tried = self._tried, chosen
        return chosen not in (tried, found.document["parameters"])

    def _can_follow(self):
        return self._followed_results() is not None

    def _followed_results(self):
        """Return the results of the chosen CT, where the chosen masks are those that were measured; else None."""
        state = self._state
        found = state.logic.foundResults(state.parameters) if state.has_masks else None
        if found is None:
            return None
        chosen = {"arteries": state.parameters.arteries, "calcification": state.parameters.calcification}
        return found if all(found.masks.get(role) is node for role, node in chosen.items()) else None

    def _stop(self):
        self._timer.stop()
        self._settle_timer.stop()
        self._close_steps()
        self._wanted = self._overtaken = False

    def _close_steps(self):
        steps, self._steps = self._steps, None
        if steps is not None:
            steps.close()
