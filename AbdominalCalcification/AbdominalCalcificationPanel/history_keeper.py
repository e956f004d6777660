"""Follows every edit of the masks: into their history, and onto the disk against a crash."""

import time

import qt
import slicer
from slicer.i18n import tr as _
from slicer.util import VTKObservationMixin

from AbdominalCalcificationLib.errors import AbdominalCalcificationError

from .mask_watcher import MaskWatcher

# So long one turn of the event loop may be spent on it.
TICK_S = 0.03
# So long an edit waits at most for the one before to be looked at and written, lest a crash cost both: usually that is
# done long before, or within some milliseconds.
WAIT_S = 1.0
# Whether the masks were saved meanwhile is looked at this often; the scene tells it of some ways only.
SAVED_MS = 5000


class HistoryKeeper(VTKObservationMixin):
    """Looks at a mask after each edit, a little at a time.

    :param messages: MessageView
    """

    def __init__(self, messages):
        VTKObservationMixin.__init__(self)
        self._messages = messages
        self._watcher = MaskWatcher(self._edited)
        self._masks = {}  # node: (role, CT)
        self._trackers = {}  # node: MaskTracker
        self._saves = {}  # CT: Autosave
        self._choices = {}  # CT: what is chosen beside its masks
        self._tools = {}  # node whose edit is still to be looked at: (tool, whether it was named)
        self._work = None  # (node, generator)
        self._turn = self._turn_of_edit = 0  # of the event loop: what is edited in one turn is one edit
        self._refused = set()
        self._told = None
        self._end_following = None
        self._timer = self._new_timer(0, self._tick)
        self._saved = self._new_timer(SAVED_MS, self.forget_saved)
        self.addObserver(slicer.mrmlScene, slicer.mrmlScene.EndSaveEvent, self.forget_saved)

    def _new_timer(self, interval, slot):
        timer = qt.QTimer()
        timer.interval = interval
        timer.connect("timeout()", slot)
        return timer

    def watch(self, masks):
        """Keep the history of these masks, and of no others.

        :param masks: iterable of role, mask node and the CT it is a mask of
        """
        from AbdominalCalcificationLib.scene.tools import follow

        if self._end_following is None:
            self._end_following = follow(self.flush)
        wanted = {}
        for role, node, ct in masks:
            if node in wanted and wanted[node][0] != role:
                text = _("'{name}' is chosen as both masks: what is corrected in it is not followed as it should be.")
                if node not in self._refused:
                    self._messages.say(text.format(name=node.GetName()))
                self._refuse(node, text.format(name=node.GetName()))
                continue
            wanted[node] = (role, ct)
        for ct in [ct for ct, save in self._saves.items() if self._is_gone(save)]:
            self._saves.pop(ct).close()
            self._choices.pop(ct, None)
        if wanted == self._masks:
            return
        self._masks = wanted
        for node in [node for node in self._trackers if node not in wanted or self._is_other(node)]:
            del self._trackers[node]
        if self._work is not None and self._work[0] not in wanted:
            self._work = None
        self._tools = {node: tool for node, tool in self._tools.items() if node in wanted}
        self._watcher.watch([(node, ct) for node, (_role, ct) in wanted.items()])
        self._timer.start()

    def keep_choices(self, ct, choices, is_new=False):
        """Keep what is chosen beside the masks of a CT; what is told of first is that of the scene.

        :param choices: anything JSON can hold, all of it
        :param is_new: whether it is in no file of the user's, though it is told of first
        """
        before = self._choices.get(ct)
        if (choices == before and not is_new) or all(each is not ct for _role, each in self._masks.values()):
            return
        if before is not None:
            self._secure()  # in the order in which it was done
        self._choices[ct] = choices
        save, is_new = self._save_of(ct), is_new or before is not None
        save.set_choices(choices, is_new)
        if is_new:
            self._wrote(ct)

    @staticmethod
    def _is_gone(save):
        """Return whether a CT, or all its masks, were removed from the scene."""
        return save.ct.GetScene() is None or (save.nodes and all(each.GetScene() is None for each in save.nodes))

    def _is_other(self, node):
        tracker = self._trackers[node]
        return (tracker.role, tracker.ct) != self._masks[node]

    def flush(self):
        """Look at all that was edited now."""
        while self._advance():
            pass

    @property
    def is_written(self):
        """Whether all that was edited is on the disk."""
        at_rest = self._work is None and not self._tools and set(self._masks) <= {*self._trackers, *self._refused}
        return at_rest and all(save.wait(0) for save in self._saves.values())

    def forget_saved(self, caller=None, event=None):
        """Remove from the disk what is in files of the user's now."""
        for save in self._saves.values():
            save.add_attributes()
            if not save.forget_saved() and save.problem is not None:
                save.begin_anew()
            self._tell(save)
        if not any(save.is_begun for save in self._saves.values()):
            self._saved.stop()

    def let_go(self):
        """Let go of all masks and remove from the disk what was kept of them: nobody wants them any more."""
        self._timer.stop()
        self._saved.stop()
        self._watcher.stop()
        self._work = None
        for each in (self._masks, self._trackers, self._tools, self._refused, self._choices):
            each.clear()
        for save in self._saves.values():
            save.close()
        self._saves.clear()

    def close(self):
        """End."""
        self.let_go()
        if self._end_following is not None:
            self._end_following()
            self._end_following = None
        self.removeObservers()

    def _edited(self, node):
        from AbdominalCalcificationLib.scene.tools import current_tool

        if node in self._masks:
            if self._turn_of_edit != self._turn:
                self._secure()
                self._turn_of_edit = self._turn
            self._tools[node] = current_tool(node)
            self._timer.start()

    def _secure(self):
        """Look at earlier edits and wait until they are on the disk."""
        until = time.monotonic() + WAIT_S
        while time.monotonic() < until and self._advance():
            pass
        for save in self._saves.values():
            save.wait(max(0.0, until - time.monotonic()))

    def _tick(self):
        self._turn += 1
        until = time.monotonic() + TICK_S
        while time.monotonic() < until:
            if not self._advance():
                self._timer.stop()
                return

    def _advance(self):
        """Do one step; return whether there was one to do."""
        if self._work is None:
            self._work = self._next_work()
            if self._work is None:
                return False
        node, steps = self._work
        try:
            next(steps)
        except StopIteration:
            self._work = None
        except AbdominalCalcificationError as error:
            self._work = None
            self._refuse(node, str(error))
        return True

    def _next_work(self):
        for node in self._masks:
            if node not in self._trackers and node not in self._refused:
                self._tools.pop(node, None)  # what was edited before is found as such
                return node, self._begin_steps(node)
        for node in list(self._tools):
            tool, named = self._tools.pop(node)
            if node in self._trackers:
                return node, self._look_steps(node, tool, named)
            self._refused.discard(node)  # it may be readable now
            return node, iter(())
        return None

    def _begin_steps(self, node):
        from AbdominalCalcificationLib.scene.tracking import tracker_steps

        role, ct = self._masks[node]
        tracker = yield from tracker_steps(role, node, ct)
        self._trackers[node] = tracker
        self._save_of(ct).add_mask(tracker)
        self._wrote(ct)

    def _look_steps(self, node, tool, named):
        tracker = self._trackers[node]
        save = self._save_of(tracker.ct)
        edit = yield from tracker.look_steps(tool, named)
        if edit is not None:
            save.add_edit(tracker.role, edit)
            self._wrote(tracker.ct)

    def _save_of(self, ct):
        from AbdominalCalcificationLib.scene.autosave import Autosave

        if ct not in self._saves:
            self._saves[ct] = Autosave(ct)
        return self._saves[ct]

    def _wrote(self, ct):
        if self._saves[ct].is_begun:
            self._saved.start()
        self._tell(self._saves[ct])

    def _tell(self, save):
        """Say once why nothing can be kept on the disk."""
        problem = save.problem
        if problem is not None and problem.reason != self._told:
            self._told = problem.reason
            text = _("Corrections cannot be kept against a crash ({reason}): save the scene often.")
            self._messages.log(text.format(reason=problem.reason))
            self._messages.say(text.format(reason=problem.reason))

    def _refuse(self, node, reason):
        if node not in self._refused:
            self._refused.add(node)
            self._messages.log(reason)
