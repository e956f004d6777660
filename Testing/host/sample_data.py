"""``SampleData``: the registry of sample data sets, and fetching one by its name."""

from __future__ import annotations

import hashlib
import tempfile
import urllib.request
from pathlib import Path

import slicer

_sources: dict[str, dict] = {}


class SampleDataLogic:
    """As much of Slicer's class of this name as registers and loads one volume."""

    @staticmethod
    def registerCustomSampleDataSource(
        category="Custom",
        sampleName=None,
        uris=None,
        fileNames=None,
        nodeNames=None,
        customDownloader=None,
        thumbnailFileName=None,
        loadFileTypes=None,
        loadFiles=None,
        loadFileProperties=None,
        checksums=None,
    ):
        if thumbnailFileName is not None and not Path(thumbnailFileName).is_file():
            raise FileNotFoundError(thumbnailFileName)
        _sources[sampleName] = {"uri": uris, "file": fileNames, "node": nodeNames, "checksum": checksums}

    def downloadSample(self, sampleName):
        source = _sources[sampleName]
        with tempfile.TemporaryDirectory() as cache:
            path = Path(cache, source["file"])
            urllib.request.urlretrieve(source["uri"], path)
            algorithm, _, digest = source["checksum"].partition(":")
            if hashlib.new(algorithm, path.read_bytes()).hexdigest() != digest:
                raise ValueError("Checksum verification failed")
            return slicer.util.loadVolume(str(path), {"name": source["node"]})


def downloadSample(sampleName):
    return SampleDataLogic().downloadSample(sampleName)
