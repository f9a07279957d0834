#!/usr/bin/env python3
"""Writes tests/data/pose/*.npy: heatmaps and what others make of them.

Made with Debian 12's NumPy 1.24.2, SciPy 1.10.1 and OpenCV 4.6.0; not needed to
build or test. Run in the repository's root.
"""
import cv2
import numpy as np
from scipy.ndimage import gaussian_filter

OUT = "tests/data/pose/"


def blob(height, width, x, y, sigma, peak):
    rows, columns = np.mgrid[0:height, 0:width]
    return peak * np.exp(-((columns - x)**2 + (rows - y)**2) / (2 * sigma**2))


def make_maps():
    rng = np.random.default_rng(26)
    height, width = 13, 17
    maps = [
        blob(height, width, 8.3, 5.6, 1.7, 0.9),
        blob(height, width, 0.2, 12.4, 2.0, 0.6),  # at the corner
        blob(height, width, 11.4, 1.2, 1.3, 0.4)
        + blob(height, width, 4, 9, 1.3, 0.39),  # two people
        np.zeros((height, width)),
        blob(height, width, 14.8, 7, 3, 1.2),
    ]
    maps = np.float32(maps)
    maps += np.float32(rng.normal(0, 0.02, maps.shape)) * (maps.max(
        axis=(1, 2), keepdims=True) > 0)
    maps[4, 6:9, 13:16] = maps[4].max()  # a plateau: the first cell counts
    return maps


def blur(maps, kernel):
    border = kernel // 2
    out = np.empty_like(maps)
    for k, image in enumerate(maps):
        padded = np.pad(image, border)
        out[k] = cv2.GaussianBlur(padded, (kernel, kernel),
                                  0)[border:-border, border:-border]
    return out


def peaks(maps):
    at = maps.reshape(len(maps), -1).argmax(1)
    y, x = np.unravel_index(at, maps.shape[1:])
    value = maps.reshape(len(maps), -1).max(1)
    return np.stack([x, y, value], 1).astype(np.float64)


def scaled_blur(maps, kernel):
    out = blur(maps, kernel).astype(np.float64)
    for k, image in enumerate(out):
        if image.max() > 0:
            image *= float(maps[k].max()) / image.max()
    return out


def dark(maps, kernel):
    """Second derivatives over two cells; peaks near the edge stay."""
    logs = np.log(np.maximum(scaled_blur(maps, kernel), 1e-10))
    out = peaks(maps)
    height, width = maps.shape[1:]
    for k, (x, y, _) in enumerate(out):
        x, y = int(x), int(y)
        if not (1 < x < width - 2 and 1 < y < height - 2):
            continue
        m = logs[k]
        grad = np.array([m[y, x + 1] - m[y, x - 1],
                         m[y + 1, x] - m[y - 1, x]]) / 2
        xx = (m[y, x + 2] - 2 * m[y, x] + m[y, x - 2]) / 4
        yy = (m[y + 2, x] - 2 * m[y, x] + m[y - 2, x]) / 4
        xy = (m[y + 1, x + 1] - m[y - 1, x + 1] - m[y + 1, x - 1]
              + m[y - 1, x - 1]) / 4
        if xx * yy - xy * xy != 0:
            out[k, :2] -= np.linalg.solve([[xx, xy], [xy, yy]], grad)
    return out


def dark_udp(maps, kernel):
    """Neighbours one cell away, edges repeated."""
    logs = np.log(np.clip(scaled_blur(maps, kernel), 1e-3, 50))
    logs = np.pad(logs, ((0, 0), (1, 1), (1, 1)), mode="edge")
    out = peaks(maps)
    for k, (x, y, value) in enumerate(out):
        if value <= 0:
            continue
        x, y, m = int(x) + 1, int(y) + 1, logs[k]
        grad = np.array([m[y, x + 1] - m[y, x - 1],
                         m[y + 1, x] - m[y - 1, x]]) / 2
        xx = m[y, x + 1] - 2 * m[y, x] + m[y, x - 1]
        yy = m[y + 1, x] - 2 * m[y, x] + m[y - 1, x]
        xy = (m[y + 1, x + 1] - m[y, x + 1] - m[y + 1, x] + 2 * m[y, x]
              - m[y, x - 1] - m[y - 1, x] + m[y - 1, x - 1]) / 2
        eps = np.finfo(np.float32).eps
        out[k, :2] -= np.linalg.solve([[xx + eps, xy], [xy, yy + eps]], grad)
    return out


def quarter(maps):
    out = peaks(maps)
    height, width = maps.shape[1:]
    for k, (x, y, _) in enumerate(out):
        x, y, m = int(x), int(y), maps[k]
        if 1 < x < width - 1 and 0 < y < height:
            out[k, 0] += np.sign(m[y, x + 1] - m[y, x - 1]) * 0.25
        if 1 < y < height - 1 and 0 < x < width:
            out[k, 1] += np.sign(m[y + 1, x] - m[y - 1, x]) * 0.25
    return out


def save(name, array):
    np.save(OUT + name + ".npy", np.float32(array))


maps = make_maps()
small = np.float32([[[1, 0], [0.5, 3], [0, 2]], [[0, 0], [4, 0], [0, 0]]])
for name, array in (("maps", maps), ("small", small)):
    save(name, array)
    save(name + "_gaussian", [gaussian_filter(m, 1) for m in array])
    save(name + "_binomial", [cv2.GaussianBlur(m, (5, 5), 0) for m in array])
save("maps_blur3", blur(maps, 3))
save("maps_blur7", blur(maps, 7))
save("maps_blur11", blur(maps, 11))
save("maps_quarter", quarter(maps))
save("maps_dark3", dark(maps, 3))
save("maps_dark11", dark(maps, 11))
save("maps_dark_udp11", dark_udp(maps, 11))
