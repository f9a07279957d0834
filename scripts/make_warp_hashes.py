#!/usr/bin/python3
"""Hashes of OpenCV's warpAffine() for tests/media/warp.c: the same pictures and
matrices there, FNV-1a over the bytes. Debian: python3-opencv (4.6.0)."""
import cv2
import numpy as np

FILL = 37
MAPS = (
    (1, 0, 0, 0, 1, 0), (1, 0, 0.5, 0, 1, -0.25),
    (0.4, 0, 3, 0, 0.6, 1), (0.8, -0.6, 12, 0.6, 0.8, -4),
    (-1, 0, 39, 0, 1, 0), (2.5, 0.3, -20, -0.2, 2.1, -9),
    (1, 0, 1000, 0, 1, 0), (0.01, 0, -1.2, 0, 0.01, -1.1))


def picture(width, height, channels):
    y, x, c = np.mgrid[0:height, 0:width, 0:channels]
    value = x * x // 9 + y * y // 7 + x * y // 5 + c * 60
    return (value & 255).astype(np.uint8)


def fnv(data):
    value = 2166136261
    for byte in data:
        value = (value ^ byte) * 16777619 & 0xffffffff
    return value


for channels in (1, 3):
    for m in MAPS:
        out = cv2.warpAffine(
            picture(40, 30, channels), np.array(m, float).reshape(2, 3),
            (70, 25), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_CONSTANT, borderValue=(FILL,) * channels)
        print(channels, m, hex(fnv(out.tobytes())))
