"""Follows every edit of the masks: into their history, and onto the disk against a crash."""

import time

import qt
from slicer.i18n import tr as _

from AbdominalCalcificationLib.errors import AbdominalCalcificationError

from .disk_saves import DiskSaves
from .mask_watcher import MaskWatcher

# So long one turn of the event loop may be spent on it.
TICK_S = 0.03
# So long an edit waits at most for the one before to be looked at and written, lest a crash cost both: usually that is
# done long before, or within some milliseconds.
WAIT_S = 1.0


class HistoryKeeper:
    """Looks at a mask after each edit, a little at a time.

    :param messages: MessageView
    """

    def __init__(self, messages):
        self._messages = messages
        self._watcher = MaskWatcher(self._edited)
        self._masks = {}  # node: (role, CT)
        self._trackers = {}  # node: MaskTracker
        self.saves = DiskSaves(messages, self._new_save)
        self._choices = {}  # CT: what is chosen beside its masks
        self._tools = {}  # node whose edit is still to be looked at: (tool, whether it was named)
        self._work = None  # (node, generator)
        self._turn = self._turn_of_edit = 0  # of the event loop: what is edited in one turn is one edit
        self._refused = set()
        self._end_following = None
        self._timer = qt.QTimer()
        self._timer.interval = 0
        self._timer.connect("timeout()", self._tick)

    @staticmethod
    def _new_save(ct):
        from AbdominalCalcificationLib.scene.autosave import Autosave

        return Autosave(ct)

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
        for ct in self.saves.drop_gone():
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
        is_new = is_new or before is not None
        self.saves.of(ct).set_choices(choices, is_new)
        if is_new:
            self.saves.wrote(ct)

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
        return at_rest and self.saves.is_written

    def forget_saved(self, caller=None, event=None):
        """Remove from the disk what is in files of the user's now."""
        self.saves.forget_saved()

    def let_go(self):
        """Let go of all masks and remove from the disk what was kept of them: nobody wants them any more."""
        self._timer.stop()
        self._watcher.stop()
        self._work = None
        for each in (self._masks, self._trackers, self._tools, self._refused, self._choices):
            each.clear()
        self.saves.let_go()

    def close(self):
        """End."""
        self.let_go()
        if self._end_following is not None:
            self._end_following()
            self._end_following = None
        self.saves.close()

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
        self.saves.wait(until)

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
        self.saves.of(ct).add_mask(tracker)
        self.saves.wrote(ct)

    def _look_steps(self, node, tool, named):
        tracker = self._trackers[node]
        save = self.saves.of(tracker.ct)
        edit = yield from tracker.look_steps(tool, named)
        if edit is not None:
            save.add_edit(tracker.role, edit)
            self.saves.wrote(tracker.ct)

    def _refuse(self, node, reason):
        if node not in self._refused:
            self._refused.add(node)
            self._messages.log(reason)
