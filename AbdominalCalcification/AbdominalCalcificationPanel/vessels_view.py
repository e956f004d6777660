"""The vessels section: one vessel laid out straight above its areas, and where along it the views look."""

import shutil

import qt
import slicer
import vtk
from slicer.util import VTKObservationMixin

# Places farther from a vessel than this are not beside it, mm.
_BESIDE_MM = 15.0
_PICTURE_WIDTH = 350


class VesselsView(VTKObservationMixin):
    """Shows what lies along the vessels of the chosen case, while its section is open.

    The place along the vessel follows the crosshair of the views, and the views follow it.

    :param live: LiveControl, which knows the courses of the vessels
    """

    def __init__(self, ui, state, live):
        VTKObservationMixin.__init__(self)
        self._ui, self._state, self._live = ui, state, live
        self._vessels = self._ct = self._shown_of = self._picture = self._folder = self._plot_view = None
        self._is_following = False
        ui.vesselsButton.connect("contentsCollapsed(bool)", self.show)
        ui.vesselComboBox.connect("currentIndexChanged(int)", self._draw)
        ui.vesselAngleSlider.connect("valueChanged(double)", self._draw)
        ui.vesselPathSlider.connect("valueChanged(double)", self._go_to)
        ui.vesselChartButton.connect("clicked(bool)", self.show_chart)
        ui.localBurdenCheckBox.connect("toggled(bool)", self.color_surface)
        ui.vesselsFrame.visible = False

    def close(self):
        """Let go of the scene, and remove the picture."""
        self.removeObservers()
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None

    def update(self):
        """Follow what is chosen: what was shown of other masks or another CT is not shown any more."""
        if self._shown_of is not None and self._shown_of != self._chosen():
            self._show(None)

    def show(self, _collapsed=None):
        """Show the vessels as they are now, as soon as that is known, if the section is open."""
        if self._ui.vesselsButton.collapsed:
            self.removeObservers()
        else:
            self._live.find_vessels(self._found)

    def show_chart(self, checked=False):
        """Show the areas along the vessel as a chart; a point that is picked there is looked at."""
        from AbdominalCalcificationLib.scene.along import store_vessel_chart

        chart = store_vessel_chart(self._state.parameters.ct, self._vessels.profile(self._name))
        slicer.modules.plots.logic().ShowChartInLayout(chart)
        manager = slicer.app.layoutManager()
        if manager is not None and manager.plotViewCount and self._plot_view is None:
            self._plot_view = manager.plotWidget(0).plotView()
            self._plot_view.connect("dataSelected(vtkStringArray*,vtkCollection*)", self._picked)
        self._move_cursor()

    def color_surface(self, colored):
        """Colour the surface of the arteries by their local burden, or show them as they were."""
        from AbdominalCalcificationLib.scene.along import hide_local_burden, show_local_burden

        parameters = self._state.parameters
        if parameters is None or parameters.ct is None:
            return
        if colored and self._vessels is not None:
            with slicer.util.WaitCursor():
                show_local_burden(parameters.ct, parameters.arteries, self._vessels)
        else:
            hide_local_burden(parameters.ct, parameters.arteries)

    @property
    def _name(self):
        return self._vessels.names[self._ui.vesselComboBox.currentIndex]

    def _chosen(self):
        parameters = self._state.parameters
        return None if parameters is None else (parameters.ct, parameters.arteries, parameters.calcification)

    def _found(self, vessels, ct):
        self._ct = ct
        self._show(vessels)

    def _show(self, vessels):
        from AbdominalCalcificationLib.anatomy import territory

        ui, names = self._ui, () if vessels is None else vessels.names
        shown = self._name if self._vessels is not None and self._vessels.names else None
        self._vessels, self._shown_of = (vessels, self._chosen()) if names else (None, None)
        ui.vesselsFrame.visible = bool(names)
        ui.vesselsLabel.visible = not names
        was_blocked = ui.vesselComboBox.blockSignals(True)
        ui.vesselComboBox.clear()
        for name in names:
            ui.vesselComboBox.addItem(territory(name).title)
        if names:
            ui.vesselComboBox.currentIndex = names.index(shown) if shown in names else len(names) - 1
        ui.vesselComboBox.blockSignals(was_blocked)
        self.removeObservers()
        if not names:
            return
        crosshair = slicer.mrmlScene.GetFirstNodeByClass("vtkMRMLCrosshairNode")
        if crosshair is not None:
            self.addObserver(crosshair, vtk.vtkCommand.ModifiedEvent, self._crosshair_moved)
        self._draw()
        if ui.localBurdenCheckBox.checked:
            self.color_surface(True)

    def _draw(self, _value=None):
        """Draw the chosen vessel."""
        from AbdominalCalcificationLib.reporting.vessel_picture import vessel_picture

        if self._vessels is None:
            return
        ui, line = self._ui, self._vessels.centreline(self._name)
        with slicer.util.WaitCursor():
            self._picture = vessel_picture(
                self._vessels.laid_out(self._name),
                self._ct,
                self._vessels.measurement,
                self._vessels.profile(self._name),
                width=_PICTURE_WIDTH,
                angle_deg=ui.vesselAngleSlider.value,
            )
        self._is_following = True
        ui.vesselPathSlider.minimum = float(line.path_lengths_mm[0])
        ui.vesselPathSlider.maximum = float(line.path_lengths_mm[-1])
        self._is_following = False
        self._move_cursor()

    def _move_cursor(self):
        from AbdominalCalcificationLib.leftovers import scratch_folder
        from AbdominalCalcificationLib.reporting.drawing import write_png
        from AbdominalCalcificationLib.scene.along import move_vessel_cursor

        if self._picture is None:
            return
        if self._folder is None:
            self._folder = scratch_folder("vessel")
        path = self._folder / "vessel.png"
        length_mm = self._ui.vesselPathSlider.value
        write_png(self._picture.with_cursor(length_mm), path)
        self._ui.vesselPicture.pixmap = qt.QPixmap(str(path))
        move_vessel_cursor(self._state.parameters.ct, length_mm)

    def _go_to(self, length_mm):
        """Let the views look at a place along the vessel."""
        from AbdominalCalcificationLib.scene.display import centre_on

        if self._vessels is None or self._is_following:
            return
        self._is_following = True  # the crosshair comes along
        centre_on([float(each) for each in self._vessels.centreline(self._name).point_at(length_mm)])
        self._is_following = False
        self._move_cursor()

    def _crosshair_moved(self, crosshair, _event=None):
        """Follow the crosshair where it is beside the vessel."""
        if self._vessels is None or self._is_following:
            return
        place = self._vessels.place_near(crosshair.GetCrosshairRAS(), (self._name,))
        if place.away_mm <= _BESIDE_MM:
            self._is_following = True
            self._ui.vesselPathSlider.value = place.length_mm
            self._is_following = False
            self._move_cursor()

    def _picked(self, _series, rows):
        """Look at the point that was picked in the chart."""
        from AbdominalCalcificationLib.scene.along import length_of_point

        picked = rows.GetItemAsObject(0) if rows is not None and rows.GetNumberOfItems() else None
        if picked is None or not picked.GetNumberOfValues() or self._vessels is None:
            return
        length_mm = length_of_point(self._state.parameters.ct, picked.GetValue(0))
        if length_mm is not None:
            self._ui.vesselPathSlider.value = length_mm
