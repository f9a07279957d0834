#!/usr/bin/env python3
"""Writes tests/data/dataset/*.mat: small files in the forms of MPII and Leeds
Sports Pose, with invented numbers. Needs SciPy (1.10 was used)."""
import os
import numpy as np
from scipy.io import savemat

FOLDER = os.path.join(os.path.dirname(__file__), "..", "tests", "data", "dataset")


def point(number, x, y, visible):
    return {"id": np.uint8(number), "x": float(x), "y": float(y),
            "is_visible": visible}


def structs(items):
    names = list(items[0])
    array = np.zeros((1, len(items)), dtype=[(n, object) for n in names])
    for i, item in enumerate(items):
        for n in names:
            array[0, i][n] = item[n]
    return array


empty = np.zeros((0, 0))
person = {"x1": 11.0, "y1": 21.0, "x2": 41.0, "y2": 61.0, "scale": 0.5,
          "objpos": {"x": 101.0, "y": 51.0},
          "annopoints": {"point": structs([
              point(0, 31, 91, np.uint8(1)), point(9, 26, 21, empty),
              point(10, 51.5, 71, "0")])}}
unlabelled = dict(person, annopoints=empty)
annolist = structs([
    {"image": {"name": "a.jpg"}, "annorect": structs([person, unlabelled])},
    {"image": {"name": "b.jpg"}, "annorect": empty}])
savemat(os.path.join(FOLDER, "mpii.mat"), {"RELEASE": {
    "annolist": annolist, "img_train": np.array([[1, 0]], np.uint8)}})

joints = np.zeros((14, 3, 2))
joints[0, :, 0] = 10.5, 20.25, 1
joints[13, :, 0] = 30, 5, 1
joints[3, :, 1] = 7, -8, 0  # junk: not labelled
joints[4, :, 1] = 9, 8, 1
savemat(os.path.join(FOLDER, "lspet.mat"), {"joints": joints},
        do_compression=True)
lsp = np.zeros((3, 14, 1))
lsp[:, :, 0] = np.stack([np.arange(14), 2 * np.arange(14), np.arange(14) % 2])
savemat(os.path.join(FOLDER, "lsp.mat"), {"joints": lsp})

boxes = np.zeros((2, 2, 2))  # corner, axis, person
boxes[:, :, 0] = (11, 21), (41, 61)
boxes[:, :, 1] = (100, 100), (106, 108)
places = np.zeros((16, 2, 2))
places[:, 0, :] = np.arange(16)[:, None] * 3 + 1 + 100 * np.arange(2)
places[:, 1, :] = np.arange(16)[:, None] * 2 + 1
missing = np.zeros((16, 2))
missing[6, 0] = missing[0, 1] = 1
savemat(os.path.join(FOLDER, "mpii_gt_val.mat"), {
    "headboxes_src": boxes, "pos_gt_src": places, "jnt_missing": missing},
        do_compression=True)
