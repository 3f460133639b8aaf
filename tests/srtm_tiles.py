"""The recorded SRTM tiles, read in place without any library."""

from __future__ import annotations

from pathlib import Path

import numpy as np


def tiff_pixels(path: Path) -> np.ndarray:
    """The pixels of an uncompressed one-band int16 TIFF in strips, by the tags that say where they lie."""
    data = path.read_bytes()
    order = "<" if data[:2] == b"II" else ">"
    u2, u4 = np.dtype(order + "u2"), np.dtype(order + "u4")
    at = int(np.frombuffer(data, u4, 1, 4)[0])
    tags = {}
    for k in range(int(np.frombuffer(data, u2, 1, at)[0])):
        entry = at + 2 + 12 * k
        tag, kind = np.frombuffer(data, u2, 2, entry)
        count = int(np.frombuffer(data, u4, 1, entry + 4)[0])
        item = u2 if kind == 3 else u4
        small = item.itemsize * count <= 4
        start = entry + 8 if small else int(np.frombuffer(data, u4, 1, entry + 8)[0])
        if kind in (3, 4):
            tags[int(tag)] = np.frombuffer(data, item, count, start).astype(int)
    assert tags.get(259, np.array([1]))[0] == 1  # not compressed
    strips = [data[a : a + n] for a, n in zip(tags[273].tolist(), tags[279].tolist(), strict=True)]
    shape = int(tags[257][0]), int(tags[256][0])
    return np.frombuffer(b"".join(strips), np.dtype(order + "i2")).reshape(shape)
