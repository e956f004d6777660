"""The size of a pixel that the user gives: kept with the image, so that it is never another patient's."""

_ATTRIBUTE = "AbdominalCalcification.RadiographPixelSize"


def pixel_size_of(image):
    """Return what was given of an image: text, empty where it is what the image says."""
    return "" if image is None else (image.GetAttribute(_ATTRIBUTE) or "").strip()


class PixelSizeField:
    """Shows and takes what is given of the chosen radiograph.

    :param field: QLineEdit
    :param state: RadiographState
    :param changed: called where something else is given
    """

    def __init__(self, field, state, changed):
        self._field, self._state, self._changed = field, state, changed
        field.connect("textChanged(QString)", self._take)

    def update(self):
        """Show what was given of the chosen image."""
        image = self._state.image
        self._field.enabled = image is not None
        if self._field.text.strip() != pixel_size_of(image):
            self._field.text = pixel_size_of(image)

    def _take(self, text):
        image, text = self._state.image, text.strip()
        if image is not None and text != pixel_size_of(image):
            image.SetAttribute(_ATTRIBUTE, text or None)
            self._changed()
