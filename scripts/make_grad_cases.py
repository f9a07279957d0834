#!/usr/bin/env python3
"""Writes tests/op/cases/derivatives.txt and training.txt: operators that are
differentiated, and the operators that differentiation adds.

Made with Debian 12's NumPy 1.24.2 and PyTorch 1.13.0 (CPU, float64); not needed
to build or test. Run in the repository's root. The form is that of
make_op_cases.py; a case of derivatives.txt also has
    grad INPUT TYPE[DIMS] TOLERANCE
    VALUES
the derivative of the sum of all outputs times Rand(900 + output, -1, 1).
"""
import numpy as np
import torch
import torch.nn.functional as F

from make_op_cases import (Book, Rand, act, array, f32, head, i64, nchw, number,
                           rand)

TOLERANCE = 1e-5


class Grads(Book):
    """Cases of operators; inputs that are differentiated by are listed."""

    def layer(self, op, what, inputs, fn, attr=None, by=None):
        leaves = []
        for i, x in enumerate(inputs):
            if x is None:
                leaves.append(None)
                continue
            leaf = torch.from_numpy(array(x).astype(
                np.float64 if array(x).dtype == np.float32
                else array(x).dtype))
            if by is None or i in by:
                leaf.requires_grad_(leaf.dtype == torch.float64)
            leaves.append(leaf)
        outputs = fn(*leaves)
        outputs = list(outputs) if isinstance(outputs, (list, tuple)) \
            else [outputs]
        total = sum((y * torch.from_numpy(
            Rand(900 + k, -1, 1, *y.shape).array.astype(np.float64))).sum()
            for k, y in enumerate(outputs))
        total.backward()
        self.case(op, what, inputs, [y.detach().numpy() for y in outputs],
                  attr, tol=TOLERANCE)
        self.lines.pop()  # the empty line
        for i, leaf in enumerate(leaves):
            if leaf is not None and leaf.requires_grad:
                grad = leaf.grad if leaf.grad is not None \
                    else torch.zeros_like(leaf)
                grad = grad.numpy().astype(np.float32)
                self.lines.append(f"grad {i} {head(grad)} {TOLERANCE}")
                flat = [number(v, 7) for v in grad.reshape(-1)]
                for k in range(0, len(flat), 12):
                    self.lines.append(" ".join(flat[k:k + 12]))
        self.lines.append("")

    def write(self):
        super().write()
        path = f"tests/op/cases/{self.name}.txt"
        text = open(path).read().replace("make_op_cases", "make_grad_cases", 1)
        open(path, "w").write(text)


# ---- element by element ------------------------------------------------------

def elementwise(book):
    x, far = rand(1, 3, 7), rand(2, 3, 7, low=0.3, high=3)
    for op, fn, given in [
            ("neg", torch.neg, x), ("exp", torch.exp, x),
            ("log", torch.log, far), ("sqrt", torch.sqrt, far),
            ("abs", torch.abs, x), ("tanh", torch.tanh, x),
            ("erf", torch.erf, x), ("reciprocal", torch.reciprocal, far),
            ("identity", lambda v: v * 1, x)]:
        book.layer(op, "[3, 7]", [given], fn)
    for kind, a, b in [("none", 0, 0), ("relu", 0, 0), ("relu6", 0, 0),
                       ("clip", -1.5, 2.5), ("sigmoid", 0, 0),
                       ("swish", 1.25, 0), ("hard_sigmoid", 0.2, 0.5),
                       ("hard_swish", 0, 0)]:
        book.layer("activation", kind, [rand(3, 2, 3, 5, low=-4, high=8)],
                   lambda v, k=kind, a=a, b=b: act(v, k, a, b) * 1,
                   {"act": kind, "act_a": a, "act_b": b})
    fns = {"add": torch.add, "sub": torch.sub, "mul": torch.mul,
           "div": torch.div, "min": torch.minimum, "max": torch.maximum}
    shapes = [((2, 3, 4), (2, 3, 4)), ((2, 3, 4), (3, 1)), ((4,), (2, 3, 4)),
              ((2, 1, 4), (3, 1))]
    for op, fn in fns.items():
        for a, b in shapes:
            book.layer(op, f"{a} {b}",
                       [rand(4, *a), rand(5, *b, low=0.4, high=2)], fn)
    book.layer("max", "equal operands", [f32([1, 2, -3]), f32([1, 1, -3])],
               torch.maximum)
    book.layer("pow", "by a constant", [far, f32([2.5])], torch.pow, by=[0])
    book.layer("pow", "squared", [x, f32(2)], torch.pow, by=[0])
    mask = np.array([[True, False, True, True], [False, True, False, True]])
    book.layer("where", "[2, 4] [4]", [mask, rand(6, 2, 4), rand(7, 4)],
               torch.where)


# ---- moving ------------------------------------------------------------------

def moving(book):
    x = rand(10, 2, 3, 4)
    book.layer("reshape", "to [4, 6]", [x, i64(4, 6)],
               lambda v, s: v.reshape(4, 6) * 1)
    book.layer("flatten", "axis 1", [x], lambda v, *a: v.flatten(1) * 1,
               {"axis": 1})
    book.layer("squeeze", "axis 1", [rand(11, 3, 1, 2)],
               lambda v: v.squeeze(1) * 1, {"axes": [1]})
    book.layer("unsqueeze", "axis 2", [x], lambda v: v.unsqueeze(2) * 1,
               {"axes": [2]})
    book.layer("transpose", "2 0 1", [x], lambda v: v.permute(2, 0, 1) * 1,
               {"perm": [2, 0, 1]})
    book.layer("expand", "[3, 1] to [2, 3, 4]", [rand(12, 3, 1), i64(2, 3, 4)],
               lambda v, s: v.expand(2, 3, 4) * 1)
    book.layer("concat", "last axis", [rand(13, 2, 3), rand(14, 2, 1),
                                       rand(15, 2, 4)],
               lambda *v: torch.cat(v, -1), {"axis": -1})
    book.layer("concat", "first axis", [rand(13, 2, 3), rand(14, 1, 3)],
               lambda *v: torch.cat(v, 0), {"axis": 0})
    book.layer("split", "[1, 3] of the last", [x, i64(1, 3)],
               lambda v, s: [y * 1 for y in torch.split(v, [1, 3], -1)],
               {"axis": -1})
    book.layer("slice", "of two axes", [x, i64(1, 0), i64(3, 2), i64(2, 1)],
               lambda v, *a: v[:, 0:2, 1:3] * 1)
    book.layer("slice", "in steps", [rand(16, 7, 5), i64(1), i64(7), i64(0),
                                     i64(2)],
               lambda v, *a: v[1:7:2] * 1)
    book.layer("slice", "backwards", [x, i64(-1), i64(-10), i64(2), i64(-1)],
               lambda v, *a: v.flip(2) * 1)
    book.layer("pad", "zeros", [rand(17, 2, 3), i64(1, 0, 0, 2)],
               lambda v, *a: F.pad(v, (0, 2, 1, 0)), {"mode": 0})

    def crd(v, b):
        return F.pixel_shuffle(v.permute(0, 3, 1, 2), b).permute(0, 2, 3, 1)

    def dcr(v, b):
        n, h, w, c = v.shape
        v = v.reshape(n, h, w, b, b, c // (b * b)).permute(0, 1, 3, 2, 4, 5)
        return v.reshape(n, h * b, w * b, c // (b * b))

    def back(v, b):
        n, h, w, c = v.shape
        v = v.reshape(n, h // b, b, w // b, b, c).permute(0, 1, 3, 2, 4, 5)
        return v.reshape(n, h // b, w // b, b * b * c)

    blocks = rand(18, 1, 2, 3, 8)
    for name, fn in (("DCR", dcr), ("CRD", crd)):
        book.layer("depth_to_space", name, [blocks],
                   lambda v, fn=fn: fn(v, 2) * 1,
                   {"block": 2, "order": int(name == "CRD")})
    book.layer("space_to_depth", "by 2", [rand(19, 1, 4, 6, 3)],
               lambda v: back(v, 2) * 1, {"block": 2})


# ---- sums --------------------------------------------------------------------

def sums(book):
    x = rand(20, 2, 3, 4, 5)
    for axes, keep in (([1, 2], 1), ([1, 2], 0), ([3], 1), ([], 0)):
        dims = axes or [0, 1, 2, 3]
        attr = {"keepdims": keep, **({"axes": axes} if axes else {})}
        book.layer("reduce_mean", f"{axes}", [x],
                   lambda v, d=dims, k=keep: v.mean(d, bool(k)), attr)
        book.layer("reduce_sum", f"{axes}", [x],
                   lambda v, d=dims, k=keep: v.sum(d, bool(k)), attr)
        book.layer("reduce_l2", f"{axes}", [x],
                   lambda v, d=dims, k=keep: v.pow(2).sum(d, bool(k)).sqrt(),
                   attr)
    for axis in (-1, 1):
        book.layer("softmax", f"axis {axis}", [rand(21, 2, 5, 6)],
                   lambda v, a=axis: torch.softmax(v, a), {"axis": axis})
        book.layer("log_softmax", f"axis {axis}", [rand(21, 2, 5, 6)],
                   lambda v, a=axis: torch.log_softmax(v, a), {"axis": axis})
    book.layer("layer_norm", "of the last axis",
               [rand(22, 3, 2, 8), rand(23, 8), rand(24, 8)],
               lambda v, w, b: F.layer_norm(v, [8], w, b, 1e-5),
               {"axis": -1, "epsilon": 1e-5})


# ---- layers ------------------------------------------------------------------

def pads_of(same, n, k, s, d, pads):
    if not same:
        return pads
    out = -(-n // s)
    total = max((out - 1) * s + (k - 1) * d + 1 - n, 0)
    return total // 2, total - total // 2


def conv(x, w, b, stride, dilation, groups, same, pads):
    top, left, bottom, right = pads
    top, bottom = pads_of(same, x.shape[1], w.shape[1], stride, dilation,
                          (top, bottom))
    left, right = pads_of(same, x.shape[2], w.shape[2], stride, dilation,
                          (left, right))
    y = F.pad(x.permute(0, 3, 1, 2), (left, right, top, bottom))
    y = F.conv2d(y, w.permute(0, 3, 1, 2), b, stride, 0, dilation, groups)
    return y.permute(0, 2, 3, 1)


def back(x, w, b, stride, dilation, groups, same, pads, out_pad):
    """Transposed, all of it, then cropped."""
    kh, kw = w.shape[1:3]
    oc = w.shape[0]
    per = w.reshape(groups, oc // groups, kh, kw, -1)
    per = per.permute(0, 4, 1, 2, 3)
    weights = per.reshape(x.shape[3], oc // groups, kh, kw)
    y = F.conv_transpose2d(x.permute(0, 3, 1, 2), weights, None, stride, 0, 0,
                           groups, dilation)
    height = (x.shape[1] - 1) * stride + (kh - 1) * dilation + 1
    width = (x.shape[2] - 1) * stride + (kw - 1) * dilation + 1
    if same:
        top = max((kh - 1) * dilation + 1 - stride, 0) // 2
        left = max((kw - 1) * dilation + 1 - stride, 0) // 2
        oh, ow = x.shape[1] * stride, x.shape[2] * stride
    else:
        top, left = pads[:2]
        oh = height - pads[0] - pads[2] + out_pad
        ow = width - pads[1] - pads[3] + out_pad
    y = F.pad(y, (0, max(left + ow - width, 0), 0, max(top + oh - height, 0)))
    y = y[:, :, top:top + oh, left:left + ow].permute(0, 2, 3, 1)
    return y if b is None else y + b


#        name                n  h  w  ic  oc kh kw s  d  g same pads
CONVS = [("pointwise",       2, 5, 3, 6, 17, 1, 1, 1, 1, 1, 0, (0, 0, 0, 0)),
         ("pointwise s2",    1, 5, 6, 5, 4, 1, 1, 2, 1, 1, 0, (0, 0, 0, 0)),
         ("3x3 same",        1, 6, 5, 9, 15, 3, 3, 1, 1, 1, 1, (0, 0, 0, 0)),
         ("3x3 same s2",     2, 6, 7, 4, 10, 3, 3, 2, 1, 1, 1, (0, 0, 0, 0)),
         ("3x3 pads s2",     1, 7, 8, 4, 6, 3, 3, 2, 1, 1, 0, (1, 1, 1, 1)),
         ("5x3 dilated",     1, 9, 8, 3, 4, 5, 3, 1, 2, 1, 0, (4, 2, 4, 2)),
         ("rest of a stride", 1, 8, 8, 2, 3, 3, 2, 3, 1, 1, 0, (0, 1, 0, 0)),
         ("stem",            1, 9, 8, 3, 16, 3, 3, 2, 1, 1, 0, (1, 1, 1, 1)),
         ("7x7 over image",  1, 4, 3, 9, 4, 7, 7, 1, 1, 1, 0, (3, 3, 3, 3)),
         ("groups 2",        2, 5, 4, 6, 8, 3, 3, 1, 1, 2, 1, (0, 0, 0, 0)),
         ("multiplier 2",    1, 5, 4, 3, 6, 3, 3, 1, 1, 3, 1, (0, 0, 0, 0)),
         ("depthwise 3",     2, 5, 6, 9, 9, 3, 3, 1, 1, 9, 1, (0, 0, 0, 0)),
         ("depthwise 5 s2",  1, 7, 8, 5, 5, 5, 5, 2, 1, 5, 0, (2, 2, 2, 2)),
         ("depthwise d2",    1, 7, 8, 3, 3, 3, 3, 1, 2, 3, 1, (0, 0, 0, 0))]

BACKS = [("4x4 s2 same",     1, 4, 3, 5, 6, 4, 4, 2, 1, 1, 1, (0, 0, 0, 0), 0),
         ("3x3 s2 out pad",  2, 3, 4, 4, 5, 3, 3, 2, 1, 1, 0, (1, 1, 1, 1), 1),
         ("2x2 s2",          1, 3, 4, 9, 7, 2, 2, 2, 1, 1, 0, (0, 0, 0, 0), 0),
         ("2x2 s3, gaps",    1, 3, 2, 3, 4, 2, 2, 3, 1, 1, 1, (0, 0, 0, 0), 0),
         ("3x3 s2 d3",       1, 3, 4, 2, 3, 3, 3, 2, 3, 1, 0, (0, 2, 1, 0), 0),
         ("5x5 s1",          1, 4, 4, 3, 5, 5, 5, 1, 1, 1, 0, (2, 2, 2, 2), 0),
         ("groups 2",        1, 3, 4, 4, 6, 3, 3, 2, 1, 2, 1, (0, 0, 0, 0), 0),
         ("depthwise",       1, 4, 3, 7, 7, 4, 4, 2, 1, 7, 1, (0, 0, 0, 0), 0)]


def conv_attr(s, d, g, same, pads):
    return {"stride_h": s, "stride_w": s, "dilation_h": d, "dilation_w": d,
            "groups": g, "same": same, "pads": list(pads)}


def convolutions(book, ops):
    for name, n, h, w, ic, oc, kh, kw, s, d, g, same, pads in CONVS:
        x, k = rand(30, n, h, w, ic), rand(31, oc, kh, kw, ic // g)
        attr = conv_attr(s, d, g, same, pads)

        def fn(x, k, b=None):
            return conv(x, k, b, s, d, g, same, pads)
        book.layer("conv2d", name, [x, k, rand(32, oc)], fn, attr)
        by_operator(ops, "conv2d", name, x, k, fn, attr)
    for name, n, h, w, ic, oc, kh, kw, s, d, g, same, pads, extra in BACKS:
        x, k = rand(33, n, h, w, ic), rand(34, oc, kh, kw, ic // g)
        attr = {**conv_attr(s, d, g, same, pads), "out_pad_h": extra,
                "out_pad_w": extra}

        def fn(x, k, b=None):
            return back(x, k, b, s, d, g, same, pads, extra)
        book.layer("conv_transpose2d", name, [x, k, rand(35, oc)], fn, attr)
        by_operator(ops, "conv_transpose2d", name, x, k, fn, attr)


def t(x):
    return torch.from_numpy(array(x).astype(np.float64)).requires_grad_()


def by_operator(ops, op, name, x, k, fn, attr):
    tx, tk = t(x), t(k)
    y = fn(tx, tk)
    dy = rand(40, *y.shape)
    y.backward(t(dy).detach())
    ops.case(f"{op}_grad_x", name, [dy, k, x], tx.grad, attr, TOLERANCE)
    ops.case(f"{op}_grad_w", name, [x, dy, k], tk.grad, attr, TOLERANCE)


def products(book):
    for name, a, b, ta, tb, alpha in [
            ("linear", (2, 3, 5), (7, 5), 0, 1, 1),
            ("plain", (4, 5), (5, 6), 0, 0, 1),
            ("batches", (2, 3, 5), (2, 5, 4), 0, 0, 0.5),
            ("batches, b turned", (2, 3, 5), (2, 4, 5), 0, 1, 1),
            ("a turned", (2, 5, 3), (2, 5, 4), 1, 0, 1),
            ("both turned", (5, 3), (4, 5), 1, 1, 2),
            ("broadcast", (2, 1, 3, 5), (3, 5, 4), 0, 0, 1),
            ("a turned, shared b", (2, 5, 3), (5, 4), 1, 0, 1)]:
        def fn(x, y, bias):
            x = x.transpose(-1, -2) if ta else x
            y = y.transpose(-1, -2) if tb else y
            return alpha * (x @ y) + bias
        n = b[-2] if tb else b[-1]
        book.layer("matmul", name, [rand(50, *a), rand(51, *b), rand(52, n)],
                   fn, {"transpose_a": ta, "transpose_b": tb, "alpha": alpha})


def pools(book, ops):
    def apart(x, top, left, bottom, right, value=0.0):
        return F.pad(x.permute(0, 3, 1, 2), (left, right, top, bottom),
                     value=value)

    for name, k, s, pads in [("2x2 s2", 2, 2, (0, 0, 0, 0)),
                             ("3x3 s1", 3, 1, (1, 1, 1, 1)),
                             ("3x3 s2", 3, 2, (1, 1, 1, 1)),
                             ("5x5 s1", 5, 1, (2, 2, 2, 2))]:
        x = rand(60, 2, 6, 5, 9)
        attr = {"kernel_h": k, "kernel_w": k, "stride_h": s, "stride_w": s,
                "dilation_h": 1, "dilation_w": 1, "pads": list(pads)}

        def most(v):
            return F.max_pool2d(apart(v, *pads, value=-1e30), k, s
                                ).permute(0, 2, 3, 1)

        def mean(v, include):
            ones = torch.ones_like(v)
            y = F.avg_pool2d(apart(v, *pads), k, s)
            if not include:
                y = y / F.avg_pool2d(apart(ones, *pads), k, s)
            return y.permute(0, 2, 3, 1)

        book.layer("max_pool2d", name, [x], most, attr)
        pool_operator(ops, "max_pool2d", name, x, most, attr)
        for include in (0, 1):
            both = {**attr, "count_include_pad": include}
            book.layer("avg_pool2d", f"{name} {include}", [x],
                       lambda v: mean(v, include), both)
            pool_operator(ops, "avg_pool2d", f"{name} {include}", x,
                          lambda v: mean(v, include), both)
    ties = f32(np.arange(36).reshape(1, 6, 6, 1) % 4 // 2)
    pool_operator(ops, "max_pool2d", "to the first of equals", ties,
                  lambda v: F.max_pool2d(v.permute(0, 3, 1, 2), 3, 3
                                         ).permute(0, 2, 3, 1),
                  {"kernel_h": 3, "kernel_w": 3, "stride_h": 3, "stride_w": 3,
                   "dilation_h": 1, "dilation_w": 1})


def pool_operator(ops, op, name, x, fn, attr):
    tx = t(x)
    y = fn(tx)
    dy = rand(61, *y.shape)
    y.backward(t(dy).detach())
    ops.case(f"{op}_grad", name, [x, dy], tx.grad, attr, TOLERANCE)


def resizes(book, ops):
    for name, mode, corners, size, coord in [
            ("bilinear up", "bilinear", False, (7, 9), "half_pixel"),
            ("bilinear down", "bilinear", False, (2, 3), "half_pixel"),
            ("corners", "bilinear", True, (8, 9), "align_corners"),
            ("nearest", "nearest", None, (8, 10), "asymmetric")]:
        x = rand(70, 2, 4, 5, 6)

        def fn(v, *sizes):
            return F.interpolate(v.permute(0, 3, 1, 2), size, mode=mode,
                                 align_corners=corners).permute(0, 2, 3, 1)
        attr = {"mode": mode, "coord": coord}
        book.layer("resize2d", name, [x, i64(*size)], fn, attr)
        pool_operator(ops, "resize2d", name, x, fn, attr)
    x = rand(70, 1, 3, 5, 6)
    attr = {"mode": "bilinear", "coord": "half_pixel", "scale_h": 2,
            "scale_w": 2}
    pool_operator(ops, "resize2d", "by a factor", x,
                  lambda v: F.interpolate(
                      v.permute(0, 3, 1, 2), scale_factor=2, mode="bilinear",
                      align_corners=False).permute(0, 2, 3, 1), attr)


# ---- batch norm --------------------------------------------------------------

def norms(book, ops):
    c = 9
    scale, bias = rand(80, c, low=0.5, high=2), rand(81, c)
    mean, var = rand(82, c), rand(83, c, low=0.5, high=2)
    still = [rand(84, 2, 3, 4, c), scale, bias, mean, var]
    book.layer("batch_norm", "statistics that stand still", still,
               lambda x, s, b, m, v: (x - m) / torch.sqrt(v + 1e-5) * s + b,
               {"epsilon": 1e-5}, by=[0, 1, 2])
    for shape, kind, a in [((2, 3, 4, c), "none", 0), ((2, 3, 4, c), "swish", 1),
                           ((7, c), "relu", 0), ((1, 1, c), "none", 0),
                           ((4, 17, 9, c), "swish", 1)]:
        x = rand(85, *shape, low=1, high=5)
        attr = {"epsilon": 1e-3, "momentum": 0.1, "act": kind, "act_a": a}
        axes = list(range(len(shape) - 1))
        count = int(np.prod(shape[:-1]))

        def fn(v, s, b):
            m, d = v.mean(axes), v.var(axes, unbiased=False)
            return act((v - m) / torch.sqrt(d + 1e-3) * s + b, kind, a, 0)
        tx, ts, tb = t(x), t(scale), t(bias)
        y = fn(tx, ts, tb)
        m, d = tx.mean(axes).detach(), tx.var(axes, unbiased=False).detach()
        unbiased = d * count / max(count - 1, 1)
        r = 1 / torch.sqrt(d + 1e-3)
        name = f"{list(shape)} {kind}"
        found = [v.numpy().astype(np.float32) for v in (m, r)]
        if count < 100:
            ops.case("batch_norm_again", name, [x, scale, bias, *found],
                     y.detach(), attr, TOLERANCE)
            ops.case("batch_norm_train", name, [x, scale, bias, mean, var],
                     [y.detach(), m, r, 0.9 * t(mean).detach() + 0.1 * m,
                      0.9 * t(var).detach() + 0.1 * unbiased], attr, TOLERANCE)
        if count == 1:
            continue
        dy = rand(86, *shape)
        y.backward(t(dy).detach())
        # the operator is given the statistics, in single precision
        ops.case("batch_norm_grad", name,
                 [x, scale, bias, *found, dy],
                 [tx.grad, ts.grad, tb.grad], attr, TOLERANCE)


def activations(ops):
    for kind, a, b in [("none", 0, 0), ("relu", 0, 0), ("swish", 1, 0),
                       ("hard_swish", 0, 0), ("clip", -1.5, 2.5)]:
        x, dy = rand(90, 3, 5, 7, low=-4, high=4), rand(91, 3, 5, 7)
        tx = t(x)
        (act(tx, kind, a, b) * t(dy).detach()).sum().backward()
        ops.case("activation_grad", kind, [x, dy], tx.grad,
                 {"act": kind, "act_a": a, "act_b": b}, TOLERANCE)


def slices(ops):
    for name, shape, fn, operands in [
            ("of two axes", (2, 5, 4), lambda v: v[:, 1:4, 0:2],
             [i64(1, 0), i64(4, 2), i64(1, 2)]),
            ("in steps", (7, 5), lambda v: v[1:7:2],
             [i64(1), i64(7), i64(0), i64(2)]),
            ("backwards", (6, 3), lambda v: v.flip(0)[:4],
             [i64(-1), i64(1), i64(0), i64(-1)]),
            ("nothing", (3, 2), lambda v: v[:, 2:2], [i64(2), i64(2), i64(1)]),
            ("a vector", (9,), lambda v: v[2:8:3],
             [i64(2), i64(8), i64(0), i64(3)])]:
        tx = t(rand(92, *shape))
        y = fn(tx)
        dy = rand(93, *y.shape)
        y.backward(t(dy).detach())
        ops.case("slice_grad", name, [dy, rand(92, *shape), *operands],
                 tx.grad, tol=TOLERANCE)


def product_sums(ops):
    a, b = rand(94, 2, 5, 7, 9), rand(95, 2, 5, 7, 9)
    for axes, keep in (([1, 2], 1), ([0, 1, 2], 0), ([3], 1), ([0, 2], 1),
                       ([], 0)):
        attr = {"keepdims": keep, **({"axes": axes} if axes else {})}
        ops.case("product_sum", f"{axes}", [a, b],
                 (t(a) * t(b)).detach().sum(axes or [0, 1, 2, 3], bool(keep)),
                 attr, TOLERANCE)


if __name__ == "__main__":
    grads, training = Grads("derivatives"), Grads("training")
    elementwise(grads)
    moving(grads)
    sums(grads)
    convolutions(grads, training)
    products(grads)
    pools(grads, training)
    resizes(grads, training)
    norms(grads, training)
    activations(training)
    slices(training)
    product_sums(training)
    grads.write()
    training.write()
