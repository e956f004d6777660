"""``ctkSliderWidget``: a slider with a box for its number."""

from __future__ import annotations

from PySide6 import QtCore, QtWidgets


class SliderWidget(QtWidgets.QWidget):
    """Keeps a number within a range; the slider moves by single steps."""

    valueChanged = QtCore.Signal(float)

    def __init__(self, parent=None):
        super().__init__(parent)
        self._box, self._slider = QtWidgets.QDoubleSpinBox(), QtWidgets.QSlider(QtCore.Qt.Orientation.Horizontal)
        layout = QtWidgets.QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._slider)
        layout.addWidget(self._box)
        self._box.valueChanged.connect(self._tell)
        self._slider.valueChanged.connect(lambda steps: self._box.setValue(steps * self._box.singleStep()))

    def _tell(self, value):
        with QtCore.QSignalBlocker(self._slider):
            self._slider.setRange(
                round(self._box.minimum() / self._box.singleStep()), round(self._box.maximum() / self._box.singleStep())
            )
            self._slider.setValue(round(value / self._box.singleStep()))
        self.valueChanged.emit(value)

    def _of_box(kind, read, write):
        return QtCore.Property(
            kind, lambda self: getattr(self._box, read)(), lambda self, value: getattr(self._box, write)(value)
        )

    value = _of_box(float, "value", "setValue")
    minimum = _of_box(float, "minimum", "setMinimum")
    maximum = _of_box(float, "maximum", "setMaximum")
    singleStep = _of_box(float, "singleStep", "setSingleStep")
    decimals = _of_box(int, "decimals", "setDecimals")
    suffix = _of_box(str, "suffix", "setSuffix")
    del _of_box
