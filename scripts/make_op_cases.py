#!/usr/bin/env python3
"""Writes tests/op/cases/*.txt: operators, small inputs and what others make of
them.

Made with Debian 12's NumPy 1.24.2 and PyTorch 1.13.0 (CPU, float64 unless a
case says otherwise); not needed to build or test. Run in the repository's root.

A case is
    case OPERATOR what it shows
    attr FIELD=VALUE ...            fields left out are 0
    in TYPE[DIMS] VALUES | rand SEED LOW HIGH | count START | unknown
    in none
    out TYPE[DIMS] TOLERANCE
    VALUES
    error STATUS words that the message has
TOLERANCE is relative to the largest magnitude of the output. errors.txt is
written by hand.
"""
import numpy as np
import torch
import torch.nn.functional as F

OUT = "tests/op/cases/"
NAMES = {"float32": "f32", "float16": "f16", "int8": "i8", "uint8": "u8",
         "int32": "i32", "int64": "i64", "bool": "bool", "float64": "f64"}


class Rand:
    """Numbers that the C test makes for itself (Numerical Recipes' LCG)."""

    def __init__(self, seed, low, high, *dims):
        self.spec = f"rand {seed} {low} {high}"
        state = seed
        values = np.empty(int(np.prod(dims)), np.float32)
        for i in range(values.size):
            state = (state * 1664525 + 1013904223) % 2**32
            unit = np.float32(state >> 8) / np.float32(2**24)
            values[i] = np.float32(low) + np.float32(high - low) * unit
        self.array = values.reshape(dims)


class Count:
    """start, start + 1, ..., for operators that only move numbers."""

    def __init__(self, start, *dims):
        self.spec = f"count {start}"
        n = int(np.prod(dims))
        self.array = np.arange(start, start + n).astype(np.float32)
        self.array = self.array.reshape(dims)


def rand(seed, *dims, low=-2, high=2):
    return Rand(seed, low, high, *dims)


def count(*dims, start=0):
    return Count(start, *dims)


def f32(x):
    return np.asarray(x, np.float32)


def i64(*x):
    return np.asarray(x, np.int64)


def array(x):
    return x.array if isinstance(x, (Rand, Count)) else np.asarray(x)


def t64(x):
    """As a float64 torch tensor."""
    return torch.from_numpy(array(x).astype(np.float64))


def nchw(x):
    return t64(x).permute(0, 3, 1, 2)


def nhwc(x):
    return x.permute(0, 2, 3, 1).numpy()


def number(v, digits=9):
    if isinstance(v, (np.floating, float)):
        return f"{float(v):.{digits}g}"
    return str(int(v))


def head(x):
    dims = ",".join(str(d) for d in x.shape)
    return f"{NAMES[str(x.dtype)]}[{dims}]"


class Book:
    def __init__(self, name):
        self.name, self.lines = name, []

    def case(self, op, what, inputs, outputs, attr=None, tol=2e-6):
        self.lines.append(f"case {op} {what}")
        if attr:
            pairs = (f"{k}={self.attr(v)}" for k, v in attr.items())
            self.lines.append("attr " + " ".join(pairs))
        for x in inputs:
            if x is None:
                self.lines.append("in none")
            elif isinstance(x, (Rand, Count)):
                self.lines.append(f"in {head(x.array)} {x.spec}")
            else:
                x = np.asarray(x)
                values = " ".join(number(v) for v in x.reshape(-1))
                self.lines.append(f"in {head(x)} {values}".rstrip())
        for y in outputs if isinstance(outputs, list) else [outputs]:
            y = y.numpy() if isinstance(y, torch.Tensor) else np.asarray(y)
            exact = y.dtype.kind in "iub"
            if y.dtype == np.float64:
                y = y.astype(np.float32)
            self.lines.append(f"out {head(y)} {0 if exact else tol}")
            flat = [number(v, 7 if tol > 1e-6 else 9) for v in y.reshape(-1)]
            for i in range(0, len(flat), 12):
                self.lines.append(" ".join(flat[i:i + 12]))
        self.lines.append("")

    @staticmethod
    def attr(v):
        if isinstance(v, (list, tuple)):
            return ",".join(str(x) for x in v)
        return str(v)

    def write(self):
        with open(f"{OUT}{self.name}.txt", "w") as file:
            file.write("# Written by scripts/make_op_cases.py.\n\n")
            file.write("\n".join(self.lines).rstrip("\n") + "\n")


# ---- element by element ------------------------------------------------------

def act(x, kind, a=0.0, b=0.0):
    return {"none": lambda: x, "relu": lambda: F.relu(x),
            "relu6": lambda: F.relu6(x),
            "clip": lambda: torch.clamp(x, a, b),
            "sigmoid": lambda: torch.sigmoid(x),
            "swish": lambda: a * x * torch.sigmoid(x),
            "hard_sigmoid": lambda: torch.clamp(a * x + b, 0, 1),
            "hard_swish": lambda: F.hardswish(x)}[kind]()


ACTS = [("none", 0, 0), ("relu", 0, 0), ("relu6", 0, 0), ("clip", -1.5, 2.5),
        ("sigmoid", 0, 0), ("swish", 1, 0), ("swish", 1.25, 0),
        ("hard_sigmoid", 0.2, 0.5), ("hard_swish", 0, 0)]


def elementwise():
    book = Book("elementwise")
    for kind, a, b in ACTS:
        x = rand(1, 2, 3, 5, low=-8, high=8)
        book.case("activation", f"{kind} {a} {b}", [x],
                  act(t64(x), kind, a, b),
                  {"act": kind, "act_a": a, "act_b": b})
    x = rand(2, 3, 7)
    positive = rand(3, 3, 7, low=0.125, high=8)
    for op, fn, arg in [
            ("neg", torch.neg, x), ("abs", torch.abs, x),
            ("sqrt", torch.sqrt, positive), ("exp", torch.exp, x),
            ("log", torch.log, positive), ("tanh", torch.tanh, x),
            ("floor", torch.floor, x), ("ceil", torch.ceil, x),
            ("round", torch.round, x), ("erf", torch.erf, x),
            ("reciprocal", torch.reciprocal, positive),
            ("sign", torch.sign, x)]:
        book.case(op, "f32", [arg], fn(t64(arg)))
    halves = f32([-2.5, -1.5, -0.5, 0.5, 1.5, 2.5])
    book.case("round", "halves to even", [halves], np.round(halves))
    whole = np.array([-3, 0, 7, -2**31, 2**31 - 1], np.int32)
    book.case("neg", "i32 wraps", [whole], -whole)
    book.case("abs", "i64", [i64(-5, 0, 9)], i64(5, 0, 9))
    book.case("sign", "i64", [i64(-5, 0, 9)], i64(-1, 0, 1))
    book.case("not", "bool", [np.array([True, False])],
              np.array([False, True]))
    binary(book)
    compare(book)
    book.write()


def binary(book):
    shapes = [((2, 3, 4, 5), (2, 3, 4, 5), "same shape"),
              ((2, 3, 4, 5), (2, 1, 1, 5), "a factor per image and channel"),
              ((2, 3, 4, 5), (5,), "a factor per channel"),
              ((2, 3, 4, 5), (2, 3, 4, 1), "a factor per pixel"),
              ((2, 3, 4, 5), (), "a scalar"), ((), (3, 7), "from a scalar"),
              ((4, 1), (1, 6), "outer"), ((3, 1, 5), (2, 1, 4, 1), "ranks"),
              ((1,), (1, 1), "single elements"), ((0, 3), (1, 3), "nothing")]
    fns = {"add": torch.add, "sub": torch.sub, "mul": torch.mul,
           "div": torch.div, "min": torch.minimum, "max": torch.maximum}
    for op, fn in fns.items():
        for sa, sb, what in shapes if op in ("sub", "mul") else shapes[:3]:
            a, b = rand(4, *sa), rand(5, *sb, low=0.5, high=2)
            book.case(op, what, [a, b], fn(t64(a), t64(b)))
    for kind, p, q in ACTS[1:]:
        a, b = rand(6, 2, 2, 9, low=-4, high=4), rand(7, 9, low=-4, high=4)
        book.case("add", f"then {kind}", [a, b],
                  act(t64(a) + t64(b), kind, p, q),
                  {"act": kind, "act_a": p, "act_b": q})
    a, b = i64(7, -7, 7, -7, 5, -2**63), i64(2, 2, -2, -2, 3, -1)
    book.case("add", "i64", [a[:5], b[:5]], a[:5] + b[:5])
    book.case("mul", "i64 broadcast", [a[:5].reshape(5, 1), i64(3, -4)],
              a[:5].reshape(5, 1) * i64(3, -4))
    book.case("div", "i64 towards zero, wraps", [a, b],
              i64(3, -3, -3, 3, 1, -2**63))
    book.case("div", "i64 by zero", [i64(5, -5), i64(0, 0)], i64(0, 0))
    book.case("sub", "i32", [np.int32([5, 6]), np.int32(2)], np.int32([3, 4]))
    book.case("min", "i64", [i64(1, 5), i64(3, 3)], i64(1, 3))
    book.case("max", "i32", [np.int32([1, 5]), np.int32([3, 3])],
              np.int32([3, 5]))
    x, y = rand(8, 3, 4, low=0.1, high=3), rand(9, 4)
    book.case("pow", "f32", [x, y], t64(x) ** t64(y), tol=1e-5)
    book.case("pow", "squares", [rand(10, 6), f32(2)],
              t64(rand(10, 6)) ** 2)
    a, b = i64(7, -7, 7, -7, 6, 5), i64(3, 3, -3, -3, -3, 0)
    book.case("mod", "sign of the divisor", [a, b], i64(1, 2, -2, -1, 0, 0))
    book.case("mod", "sign of the dividend", [a, b], i64(1, -1, 1, -1, 0, 0),
              {"fmod": 1})
    a, b = f32([5.5, -5.5, 5.5]), f32([2, 2, -2])
    book.case("mod", "floats", [a, b], np.fmod(a, b), {"fmod": 1})
    x, slope = rand(11, 2, 3, 3, 5), rand(12, 5)
    book.case("prelu", "a slope per channel", [x, slope],
              torch.where(t64(x) < 0, t64(x) * t64(slope), t64(x)))
    book.case("prelu", "one slope", [x, f32([0.25])],
              torch.where(t64(x) < 0, t64(x) * 0.25, t64(x)))


def compare(book):
    a, b = f32([[1, 2, np.nan], [3, 0, -1]]), f32([2, 2, 2])
    x, y = i64(1, 2, 2**62 + 1), i64(2, 2, 2**62)
    for op, fn in [("equal", np.equal), ("less", np.less),
                   ("less_equal", np.less_equal), ("greater", np.greater),
                   ("greater_equal", np.greater_equal)]:
        book.case(op, "f32", [a, b], fn(a, b))
        book.case(op, "i64", [x, y], fn(x, y))
    t = np.array([False, False, True, True])
    u = np.array([[False], [True]])
    book.case("and", "outer", [t, u], t & u)
    book.case("or", "outer", [t, u], t | u)
    book.case("equal", "bool", [t, u], t == u)
    c, x = np.array([[True], [False], [True]]), rand(13, 3, 4)
    book.case("where", "rows", [c, x, f32(-1)], np.where(c, x.array, f32(-1)))
    book.case("where", "i64", [np.array([True, False]), i64(1, 2), i64(3, 4)],
              i64(1, 4))
    book.case("where", "three shapes",
              [np.array([True, False, True]), np.uint8([[1], [2]]),
               np.uint8(9)], np.uint8([[1, 9, 1], [2, 9, 2]]))


# ---- moving ------------------------------------------------------------------

def movement():
    book = Book("movement")
    for perm, dims in [([0, 3, 1, 2], (2, 5, 7, 3)), ([0, 2, 3, 1], (2, 3, 5, 7)),
                       ([0, 3, 1, 2], (1, 6, 9, 20)), ([0, 2, 3, 1], (1, 20, 5, 9)),
                       ([1, 0], (17, 9)), ([0, 2, 1, 3], (2, 3, 4, 5)),
                       ([2, 1, 0], (3, 4, 5)), ([0, 1], (4, 3)),
                       ([3, 2, 1, 0], (2, 3, 2, 3)), ([-1, 0], (2, 3)),
                       ([0, 1, 3, 2], (2, 5, 2, 9)), ([0, 1, 3, 2], (2, 3, 9, 2)),
                       ([1, 0, 3, 2], (2, 3, 3, 4))]:
        x = count(*dims)
        book.case("transpose", f"{perm} of {list(dims)}", [x],
                  np.transpose(x.array, perm), {"perm": perm}, 0)
    small = np.arange(24, dtype=np.int64).reshape(2, 3, 4)
    for dtype in (np.uint8, np.float16, np.int64):
        book.case("transpose", "other sizes", [small.astype(dtype)],
                  small.astype(dtype).transpose(2, 0, 1), {"perm": [2, 0, 1]},
                  0)
    a, b = count(2, 3, 4, 5), count(2, 3, 4, 2, start=200)
    c = count(2, 3, 4, 7, start=400)
    book.case("concat", "channels", [a, b, c],
              np.concatenate([a.array, b.array, c.array], 3), {"axis": 3}, 0)
    a, b = count(2, 3, 4), count(2, 1, 4, start=100)
    book.case("concat", "middle axis", [a, b],
              np.concatenate([a.array, b.array], 1), {"axis": -2}, 0)
    book.case("concat", "shapes", [i64(1), i64(2, 3), i64()],
              i64(1, 2, 3), {"axis": 0})
    book.case("concat", "one input", [a], a.array, {"axis": 0}, 0)
    book.case("concat", "batches", [a, a], np.concatenate([a.array] * 2, 0),
              {"axis": 0}, 0)
    slices(book)
    views(book)
    fills(book)
    gathers(book)
    pads(book)
    for block, dims in [(2, (1, 3, 2, 8)), (3, (2, 1, 2, 9))]:
        x = count(*dims)
        n, h, w, d = dims
        c = d // block**2
        y = x.array.reshape(n, h, w, block, block, c)
        y = y.transpose(0, 1, 3, 2, 4, 5).reshape(n, h * block, w * block, c)
        book.case("depth_to_space", "dcr", [x], y,
                  {"block": block, "order": "dcr"}, 0)
        book.case("depth_to_space", "crd", [x],
                  nhwc(F.pixel_shuffle(nchw(x), block)).astype(np.float32),
                  {"block": block, "order": "crd"}, 0)
        book.case("space_to_depth", "back", [y], x.array, {"block": block}, 0)
    book.write()


def slices(book):
    x = np.arange(60, dtype=np.float32).reshape(3, 4, 5)
    big = 2**63 - 1
    for what, index, starts, ends, axes, steps in [
            ("leading axes", np.s_[1:3, 0:2], (1, 0), (3, 2), None, None),
            ("to the end", np.s_[:, 1:], (1,), (big,), (1,), None),
            ("from the end", np.s_[:, :, -3:-1], (-3,), (-1,), (-1,), None),
            ("beyond", np.s_[-9:9], (-9,), (9,), (0,), None),
            ("steps", np.s_[:, ::2, 1::3], (0, 1), (big, big), (1, 2), (2, 3)),
            ("backwards", np.s_[:, :, ::-1], (-1,), (-big - 1,), (2,), (-1,)),
            ("backwards by two", np.s_[::-2, 3:0:-2], (big, 3),
             (-big - 1, 0), (0, 1), (-2, -2)),
            ("nothing", np.s_[2:1], (2,), (1,), (0,), None),
            ("a huge step", np.s_[:, :, 1::big], (1,), (big,), (2,),
             (2**31 - 1,))]:
        inputs = [x, i64(*starts), i64(*ends)]
        inputs.append(i64(*axes) if axes else None)
        inputs.append(i64(*steps) if steps else None)
        book.case("slice", what, inputs, x[index], None, 0)
    book.case("slice", "i32 operands of u8",
              [np.uint8([1, 2, 3, 4]), np.int32([1]), np.int32([3])],
              np.uint8([2, 3]))
    y = count(2, 3, 6)
    book.case("split", "equal", [y], np.split(y.array, 3, 2), {"axis": 2}, 0)
    book.case("split", "sizes", [y, i64(1, 2, 0)],
              np.split(y.array, [1, 3], 1), {"axis": -2}, 0)


def views(book):
    x = count(2, 3, 4)
    book.case("identity", "f32", [x], x.array, None, 0)
    for what, shape, dims, allow in [
            ("plain", (6, 4), (6, 4), 0), ("rest", (-1, 8), (3, 8), 0),
            ("zero keeps", (0, -1), (2, 12), 0),
            ("one dimension", (-1,), (24,), 0)]:
        book.case("reshape", what, [x, i64(*shape)], x.array.reshape(dims),
                  {"allow_zero": allow}, 0)
    empty = np.zeros((0, 5), np.float32)
    book.case("reshape", "nothing", [empty, i64(5, 0)], empty.reshape(5, 0),
              {"allow_zero": 1}, 0)
    book.case("reshape", "nothing kept", [empty, i64(0, 5)], empty, None, 0)
    book.case("reshape", "to a scalar", [f32([7]), i64()], f32(7), None, 0)
    for axis, dims in [(1, (2, 12)), (0, (1, 24)), (3, (24, 1)), (-1, (6, 4))]:
        book.case("flatten", f"axis {axis}", [x], x.array.reshape(dims),
                  {"axis": axis}, 0)
    z = count(1, 3, 1, 2)
    book.case("squeeze", "all", [z], z.array.reshape(3, 2), None, 0)
    book.case("squeeze", "listed", [z], z.array.reshape(1, 3, 2),
              {"axes": [-2]}, 0)
    book.case("unsqueeze", "ends", [x], x.array.reshape(1, 2, 3, 4, 1),
              {"axes": [0, -1]}, 0)
    book.case("shape", "of three", [x], i64(2, 3, 4))
    book.case("shape", "of a scalar", [f32(1)], i64())
    book.case("size", "of three", [x], np.int64(24))


def fills(book):
    x = count(3, 1, 2)
    book.case("expand", "wider", [x, i64(2, 1, 4, 1)],
              np.broadcast_to(x.array, (2, 3, 4, 2)), None, 0)
    book.case("expand", "kept", [x, i64(1)], x.array, None, 0)
    book.case("expand", "of i64", [i64(5), i64(3)], i64(5, 5, 5))
    book.case("tile", "three axes", [x, i64(2, 3, 2)],
              np.tile(x.array, (2, 3, 2)), None, 0)
    book.case("tile", "nothing", [i64(1, 2), i64(0)], i64())
    book.case("tile", "bytes", [np.uint8([[1, 2], [3, 4]]), i64(1, 3)],
              np.tile(np.uint8([[1, 2], [3, 4]]), (1, 3)))
    scalar = np.int64
    for a, b, c in [(0, 5, 1), (2, 11, 3), (5, 0, -2), (3, 3, 1), (4, 0, 1)]:
        book.case("range", f"{a} {b} {c}", [scalar(a), scalar(b), scalar(c)],
                  np.arange(a, b, c, dtype=np.int64))
    book.case("range", "i32", [np.int32(1), np.int32(4), np.int32(1)],
              np.int32([1, 2, 3]))
    book.case("range", "f32", [f32(0), f32(1), f32(0.25)],
              f32([0, 0.25, 0.5, 0.75]))
    book.case("constant_of_shape", "i64", [i64(2, 3)],
              np.full((2, 3), 7, np.int64), {"dtype": "i64", "value": 7})
    book.case("constant_of_shape", "f32", [i64(3)], f32([0.1] * 3),
              {"dtype": "f32", "value": 0.1}, 1e-7)
    book.case("constant_of_shape", "a scalar", [i64()], np.array(True),
              {"dtype": "bool", "value": 2})
    casts(book)


def casts(book):
    x = f32([1.5, -1.5, 3e9, -3e9, 300, -300, 0.1, 65519, 65520, 1e-7, 3e-8,
             2**-14, -0.0])
    with np.errstate(over="ignore"):
        book.case("cast", "f32 to f16", [x], x.astype(np.float16),
                  {"dtype": "f16"}, 0)
    wide = np.array([1.5, 1e300, 0.1, -3e-320])
    book.case("cast", "f64 to f32", [wide], f32([1.5, np.inf, 0.1, -0.0]),
              {"dtype": "f32"}, 0)
    book.case("cast", "f64 to i64", [wide], i64(1, 2**63 - 1, 0, 0),
              {"dtype": "i64"})
    book.case("cast", "f32 to i32 saturates", [x[:6]],
              np.int32([1, -1, 2**31 - 1, -2**31, 300, -300]),
              {"dtype": "i32"})
    book.case("cast", "f32 to u8 saturates", [x[:6]],
              np.uint8([1, 0, 255, 0, 255, 0]), {"dtype": "u8"})
    book.case("cast", "f32 to i8", [f32([-128, 127, 200, np.nan])],
              np.int8([-128, 127, 127, 0]), {"dtype": "i8"})
    book.case("cast", "f32 to i64", [f32([1e30, -1e30, np.inf, np.nan])],
              i64(2**63 - 1, -2**63, 2**63 - 1, 0), {"dtype": "i64"})
    book.case("cast", "f32 to bool", [f32([0, -0.0, 0.1, -1])],
              np.array([False, False, True, True]), {"dtype": "bool"})
    book.case("cast", "i64 to f32", [i64(1, -2, 2**40)],
              f32([1, -2, 2**40]), {"dtype": "f32"})
    book.case("cast", "i64 to i32 wraps", [i64(1, -1, 2**32 + 5)],
              np.int32([1, -1, 5]), {"dtype": "i32"})
    book.case("cast", "i64 to bool", [i64(0, 256, -1)],
              np.array([False, True, True]), {"dtype": "bool"})
    book.case("cast", "bool to f32", [np.array([True, False])], f32([1, 0]),
              {"dtype": "f32"})
    half = np.float16([1, -2.5, 6e-8, 65504, np.inf, 0.333])
    book.case("cast", "f16 to f32", [half], half.astype(np.float32),
              {"dtype": "f32"}, 0)
    bytes_ = np.uint8([0, 7, 255])
    book.case("cast", "u8 to i8 wraps", [bytes_], np.int8([0, 7, -1]),
              {"dtype": "i8"})
    book.case("cast", "u8 to f32", [bytes_], bytes_.astype(np.float32),
              {"dtype": "f32"}, 0)


def gathers(book):
    x = count(3, 4, 2)
    for axis, index in [(0, i64(2, 0, -1)), (1, i64(3, 3)),
                        (2, np.int64([[0, 1], [1, -2]])), (1, np.int64(2))]:
        book.case("gather", f"axis {axis}", [x, index],
                  np.take(x.array, index, axis), {"axis": axis}, 0)
    book.case("gather", "i32 of i64", [i64(5, 6, 7), np.int32([2])], i64(7),
              {"axis": 0})
    index = np.int64([[[0, 1], [3, -1]], [[2, 2], [1, 0]]])
    book.case("gather_elements", "axis 1", [x, index],
              np.take_along_axis(x.array[:2], index % 4, 1), {"axis": 1}, 0)
    index = np.int64([[0, 3], [-1, -4], [1, 1]])
    book.case("gather_nd", "rows", [x, index],
              x.array[index[:, 0], index[:, 1]], None, 0)
    index = np.int64([[[2, 1, 0]], [[0, 0, 1]]])
    book.case("gather_nd", "elements", [x, index],
              x.array[index[..., 0], index[..., 1], index[..., 2]], None, 0)


def pads(book):
    x = count(2, 3, 4)
    for mode, name in [("constant", "constant"), ("reflect", "reflect"),
                       ("edge", "edge")]:
        for before, after in [((0, 1, 2), (0, 1, 3)), ((0, 2, 0), (0, 0, 0)),
                              ((0, 0, 1), (0, 2, 0)), ((1, 0, 0), (1, 0, 0))]:
            book.case("pad", name, [x, i64(*before, *after)],
                      np.pad(x.array, list(zip(before, after)), name),
                      {"mode": mode}, 0)
    book.case("pad", "value", [x, i64(0, 1, 0, 0, 0, 1), f32(-7)],
              np.pad(x.array, ((0, 0), (1, 0), (0, 1)), constant_values=-7),
              None, 0)
    y = np.pad(x.array[:, 1:, :-2], ((0, 0), (0, 1), (1, 0)))
    book.case("pad", "crops", [x, i64(0, -1, 1, 0, 1, -2)], y, None, 0)
    book.case("pad", "bytes", [np.uint8([1, 2]), i64(1, 2), np.uint8(9)],
              np.uint8([9, 1, 2, 9, 9]))


# ---- images ------------------------------------------------------------------

def spatial():
    book = Book("spatial")
    pools(book)
    resizes(book)
    book.write()


def same_pads(n, k, s):
    total = max((-(-n // s) - 1) * s + k - n, 0)
    return total // 2, total - total // 2


def pools(book):
    x = rand(50, 2, 7, 6, 3)
    for k, s, p, d, up in [((2, 2), (2, 2), (0, 0), (1, 1), 0),
                           ((3, 3), (2, 2), (1, 1), (1, 1), 0),
                           ((3, 2), (1, 2), (1, 0), (1, 1), 0),
                           ((3, 3), (2, 2), (0, 0), (1, 1), 1),
                           ((2, 2), (1, 1), (1, 1), (2, 3), 0),
                           ((3, 3), (1, 1), (1, 0), (2, 2), 0),
                           ((5, 5), (1, 1), (2, 2), (1, 1), 0)]:
        attr = {"kernel_h": k[0], "kernel_w": k[1], "stride_h": s[0],
                "stride_w": s[1], "dilation_h": d[0], "dilation_w": d[1],
                "pads": [p[0], p[1], p[0], p[1]], "ceil_mode": up}
        what = f"{k} stride {s} pads {p} dilation {d} ceil {up}"
        y = F.max_pool2d(nchw(x), k, s, p, d, bool(up))
        book.case("max_pool2d", what, [x], nhwc(y), attr, 0)
        if d != (1, 1):
            continue
        for count in (0, 1):
            y = F.avg_pool2d(nchw(x), k, s, p, bool(up), bool(count))
            attr["count_include_pad"] = count
            book.case("avg_pool2d", f"{what} count {count}", [x], nhwc(y), attr)
    for k, s in [(2, 2), (3, 2), (3, 1)]:
        attr = {"kernel_h": k, "kernel_w": k, "stride_h": s, "stride_w": s,
                "dilation_h": 1, "dilation_w": 1, "same": 1}
        top, bottom = same_pads(7, k, s)
        left, right = same_pads(6, k, s)
        padded = F.pad(nchw(x), (left, right, top, bottom),
                       value=-float("inf"))
        book.case("max_pool2d", f"SAME {k} stride {s}", [x],
                  nhwc(F.max_pool2d(padded, k, s)), attr, 0)
        ones = F.pad(torch.ones_like(nchw(x)), (left, right, top, bottom))
        padded = F.pad(nchw(x), (left, right, top, bottom))
        y = F.avg_pool2d(padded, k, s) / F.avg_pool2d(ones, k, s)
        book.case("avg_pool2d", f"SAME {k} stride {s}", [x], nhwc(y), attr)
    attr = {"kernel_h": 2, "kernel_w": 2, "stride_h": 2, "stride_w": 2,
            "dilation_h": 1, "dilation_w": 1, "act": "relu"}
    y = F.relu(F.max_pool2d(nchw(x), 2))
    book.case("max_pool2d", "then relu", [x], nhwc(y), attr, 0)
    attr["pads"] = [1, 0, 0, 1]
    padded = F.pad(nchw(x), (0, 1, 1, 0), value=-float("inf"))
    book.case("max_pool2d", "uneven pads", [x],
              nhwc(F.relu(F.max_pool2d(padded, 2))), attr, 0)


def source(i, n_in, n_out, given, coord):
    """`given` scales divide in single precision, as in ONNX Runtime."""
    if coord in ("align_corners", "pytorch") and n_out == 1:
        return 0.0
    if coord == "align_corners":
        return i * (n_in - 1) / (n_out - 1)
    shift = 0.0 if coord == "asymmetric" else 0.5
    if given:
        return float(f32(i + shift) / f32(given) - f32(shift))
    return (i + shift) * n_in / n_out - shift


def axis_weights(n_in, n_out, given, mode, coord, rounding):
    """The matrix that resizes one axis."""
    w = np.zeros((n_out, n_in))
    for i in range(n_out):
        s = source(i, n_in, n_out, given, coord)
        if mode == "nearest":
            j = {"floor": np.floor(s), "ceil": np.ceil(s),
                 "half_down": np.ceil(s - 0.5),
                 "half_up": np.floor(s + 0.5)}[rounding]
            w[i, int(np.clip(j, 0, n_in - 1))] = 1
        else:
            low = int(np.floor(s))
            w[i, np.clip(low, 0, n_in - 1)] += 1 - (s - low)
            w[i, np.clip(low + 1, 0, n_in - 1)] += s - low
    return w


def resize(x, size, scales, mode, coord, rounding):
    x = array(x).astype(np.float64)
    for axis in (1, 2):
        n_in, n_out = x.shape[axis], size[axis - 1]
        given = scales[axis - 1] if scales else None
        w = axis_weights(n_in, n_out, given, mode, coord, rounding)
        x = np.moveaxis(np.tensordot(w, x, (1, axis)), 0, axis)
    return x


def resizes(book):
    x = rand(51, 1, 4, 5, 3)
    for coord in ("half_pixel", "asymmetric", "align_corners", "pytorch"):
        for size in [(8, 10), (3, 7), (1, 1)]:
            y = resize(x, size, None, "bilinear", coord, "floor")
            book.case("resize2d", f"bilinear {coord} to {size}",
                      [x, i64(*size)], y,
                      {"mode": "bilinear", "coord": coord})
            if coord in ("half_pixel", "align_corners"):
                torch_y = F.interpolate(nchw(x), size, mode="bilinear",
                                        align_corners=coord != "half_pixel")
                assert np.allclose(nhwc(torch_y), y)
        for rounding in ("floor", "ceil", "half_down", "half_up"):
            size = (7, 3)
            y = resize(x, size, None, "nearest", coord, rounding)
            book.case("resize2d", f"nearest {coord} {rounding}",
                      [x, i64(*size)], y,
                      {"mode": "nearest", "coord": coord, "round": rounding},
                      0)
    assert np.allclose(
        nhwc(F.interpolate(nchw(x), (7, 3))),
        resize(x, (7, 3), None, "nearest", "asymmetric", "floor"))
    for mode, coord in [("bilinear", "half_pixel"), ("nearest", "asymmetric")]:
        scales = (1.75, 2.5)
        size = (7, 12)
        y = resize(x, size, scales, mode, coord, "floor")
        book.case("resize2d", f"{mode} by scales", [x], y,
                  {"mode": mode, "coord": coord, "scale_h": scales[0],
                   "scale_w": scales[1]})
        torch_y = F.interpolate(nchw(x), scale_factor=scales, mode=mode,
                                recompute_scale_factor=False)
        assert np.allclose(nhwc(torch_y), y, atol=1e-6)
    for n, scales, size in [(5, (0.6, 1.7), (3, 8)), (10, (0.7, 0.3), (7, 3))]:
        z = rand(53, 1, n, n, 2)
        y = resize(z, size, scales, "nearest", "half_pixel", "floor")
        book.case("resize2d", f"nearest by {scales}", [z], y,
                  {"mode": "nearest", "coord": "half_pixel",
                   "scale_h": scales[0], "scale_w": scales[1]}, 0)
    book.case("resize2d", "a wide row of channels", [rand(52, 1, 3, 3, 37),
                                                      i64(6, 6)],
              resize(rand(52, 1, 3, 3, 37), (6, 6), None, "bilinear",
                     "half_pixel", ""), {"mode": "bilinear"})
    bytes_ = np.arange(12, dtype=np.uint8).reshape(1, 2, 3, 2)
    book.case("resize2d", "nearest of bytes", [bytes_, i64(4, 6)],
              bytes_.repeat(2, 1).repeat(2, 2),
              {"mode": "nearest", "coord": "asymmetric"})


# ---- along axes ----------------------------------------------------------------

def axes():
    book = Book("axes")
    reductions(book)
    x = rand(60, 2, 5, 6)
    for axis in (0, 1, -1):
        book.case("softmax", f"axis {axis}", [x], F.softmax(t64(x), axis),
                  {"axis": axis})
        book.case("log_softmax", f"axis {axis}", [x],
                  F.log_softmax(t64(x), axis), {"axis": axis})
    book.case("softmax", "large", [f32([1000, 1001, -1000])],
              F.softmax(t64(f32([1000, 1001, -1000])), 0), {"axis": 0})
    ties = f32([[3, 1, 3, 2], [0, 0, 0, -1], [1, 2, 3, 4]])
    for last in (0, 1):
        for keep in (0, 1):
            y = 3 - np.argmax(ties[:, ::-1], 1) if last else np.argmax(ties, 1)
            book.case("arg_max", f"last {last} keepdims {keep}", [ties],
                      y.reshape(3, 1) if keep else y,
                      {"axis": 1, "keepdims": keep, "select_last": last})
    book.case("arg_max", "first axis", [x], np.argmax(x.array, 0),
              {"axis": 0})
    book.case("arg_max", "i64", [i64(1, 9, 9)], np.int64(1), {"axis": 0})
    norms(book)
    tops(book)
    grids(book)
    book.write()


def reductions(book):
    fns = {"reduce_mean": torch.mean, "reduce_sum": torch.sum,
           "reduce_max": torch.amax, "reduce_min": torch.amin,
           "reduce_l2": lambda v, a, k: torch.sqrt(torch.sum(v * v, a, k))}
    for dims, axis in [((2, 7, 9, 5), (1, 2)), ((2, 7, 9, 19), (1, 2)),
                       ((3, 4, 5), (-1,)), ((3, 4, 5), (0,)),
                       ((3, 4, 5, 6), (0, 2)), ((3, 4, 5), ()),
                       ((1, 70, 3, 8), (1,)), ((2, 3, 1), (2,))]:
        x = rand(61, *dims)
        whole = axis or tuple(range(len(dims)))
        for op, fn in fns.items():
            for keep in (0, 1):
                attr = {"keepdims": keep}
                if axis:
                    attr["axes"] = list(axis)
                if keep or op in ("reduce_mean", "reduce_max"):
                    book.case(op, f"{list(dims)} over {list(axis)}", [x],
                              fn(t64(x), whole, bool(keep)), attr)
        y = np.prod(array(x).astype(np.float64), whole, keepdims=True)
        if np.prod(dims) <= 120:
            book.case("reduce_prod", f"{list(dims)} over {list(axis)}", [x],
                      y, {"keepdims": 1, "axes": list(whole)}, 1e-5)
    whole = np.int64([[1, 2, 3], [4, 5, -6]])
    for op, y in [("reduce_sum", i64(6, 3)), ("reduce_prod", i64(6, -120)),
                  ("reduce_max", i64(3, 5)), ("reduce_min", i64(1, -6)),
                  ("reduce_mean", i64(2, 1))]:
        book.case(op, "i64", [whole], y, {"axes": [1]})
    book.case("reduce_prod", "of a shape", [np.int32([2, 3, 4])],
              np.int32(24))
    book.case("reduce_sum", "nothing", [np.zeros((2, 0), np.float32)],
              f32([0, 0]), {"axes": [1]})


def norms(book):
    x = rand(62, 2, 3, 4, 5)
    scale, bias, mean = rand(63, 5), rand(64, 5), rand(65, 5)
    var = rand(66, 5, low=0.1, high=2)
    y = F.batch_norm(nchw(x), t64(mean), t64(var), t64(scale), t64(bias),
                     eps=1e-3)
    book.case("batch_norm", "channels", [x, scale, bias, mean, var], nhwc(y),
              {"epsilon": 0.001}, 4e-6)
    for axis, dims in [(-1, (5,)), (2, (4, 5))]:
        scale, bias = rand(67, *dims), rand(68, *dims)
        y = F.layer_norm(t64(x), dims, t64(scale), t64(bias), 1e-5)
        book.case("layer_norm", f"axis {axis}", [x, scale, bias], y,
                  {"axis": axis, "epsilon": 1e-5})
        y = F.layer_norm(t64(x), dims, t64(scale), None, 1e-5)
        book.case("layer_norm", f"axis {axis}, no bias", [x, scale], y,
                  {"axis": axis, "epsilon": 1e-5})


def tops(book):
    x = rand(69, 3, 11, 2)
    for axis, k, largest in [(1, 4, 1), (1, 11, 1), (0, 2, 0), (-1, 1, 1)]:
        values, indices = torch.topk(torch.from_numpy(x.array), k, axis,
                                     bool(largest))
        book.case("top_k", f"axis {axis} k {k} largest {largest}", [x, i64(k)],
                  [values, indices],
                  {"axis": axis, "largest": largest, "sorted": 1}, 0)
    ties = f32([1, 3, 3, 0, 3, 1])
    book.case("top_k", "equals by index", [ties, i64(5)],
              [f32([3, 3, 3, 1, 1]), i64(1, 2, 4, 0, 5)],
              {"axis": 0, "largest": 1, "sorted": 1}, 0)
    book.case("top_k", "smallest i64", [i64(5, 2, 2, 9), np.int64(3)],
              [i64(2, 2, 5), i64(1, 2, 0)],
              {"axis": 0, "largest": 0, "sorted": 1})
    book.case("top_k", "none", [ties, i64(0)], [f32([]), i64()],
              {"axis": 0, "largest": 1, "sorted": 1}, 0)


def grids(book):
    x, scale, zero = rand(70, 3, 8, low=-3, high=3), f32(0.02), np.int8(-5)
    q = np.clip(np.round(x.array / scale) + -5, -128, 127).astype(np.int8)
    book.case("quantize", "i8", [x, scale, zero], q, {"dtype": "i8"})
    book.case("dequantize", "i8", [q, scale, zero],
              (q.astype(np.float32) + 5) * scale, {"dtype": "f32"}, 1e-7)
    scale = f32([0.01, 0.02, 0.5])
    q = np.clip(np.round(x.array / scale[:, None]), -128, 127)
    book.case("quantize", "i8 by rows", [x, scale], q.astype(np.int8),
              {"axis": 0, "dtype": "i8"})
    book.case("dequantize", "i8 by rows", [q.astype(np.int8), scale],
              f32(q) * scale[:, None], {"axis": 0, "dtype": "f32"}, 1e-7)
    u, zeros = np.uint8([[0, 1, 255], [7, 8, 9]]), np.uint8([0, 128, 255])
    book.case("dequantize", "u8 by columns", [u, scale, zeros],
              (f32(u) - f32(zeros)) * scale, {"axis": -1, "dtype": "f32"}, 1e-7)
    book.case("dequantize", "i32", [np.int32([1, -100000]), f32([0.5])],
              f32([0.5, -50000]), {"dtype": "f32"}, 0)
    halves = f32([0.5, 1.5, -0.5, 1000, -1000])
    book.case("quantize", "u8 halves to even", [halves, f32(1)],
              np.uint8([0, 2, 0, 255, 0]), {"dtype": "u8"})


# ---- convolutions and products ------------------------------------------------

def convolution(book, what, x, w, b=None, stride=(1, 1), dilation=(1, 1),
                groups=1, pads=(0, 0, 0, 0), same=0, kind=("none", 0, 0)):
    """x [N,H,W,IC], w [OC,KH,KW,IC/groups]; pads top left bottom right."""
    attr = {"stride_h": stride[0], "stride_w": stride[1],
            "dilation_h": dilation[0], "dilation_w": dilation[1],
            "groups": groups, "same": same, "pads": pads,
            "act": kind[0], "act_a": kind[1], "act_b": kind[2]}
    h, wd = array(x).shape[1:3]
    if same:
        reach = [(array(w).shape[i + 1] - 1) * dilation[i] + 1 for i in (0, 1)]
        top, bottom = same_pads(h, reach[0], stride[0])
        left, right = same_pads(wd, reach[1], stride[1])
    else:
        top, left, bottom, right = pads
    y = F.conv2d(F.pad(nchw(x), (left, right, top, bottom)), nchw(w),
                 None if b is None else t64(b), stride, 0, dilation, groups)
    book.case("conv2d", what, [x, w] + ([] if b is None else [b]),
              nhwc(act(y, *kind)), attr, 4e-6)


def transposed(book, what, x, w, b=None, stride=2, groups=1, same=0,
               pads=(0, 0, 0, 0), out_pad=0, dilation=1,
               kind=("none", 0, 0)):
    """x [N,H,W,IC], w [OC,KH,KW,IC/groups]."""
    attr = {"stride_h": stride, "stride_w": stride, "dilation_h": dilation,
            "dilation_w": dilation, "groups": groups, "same": same,
            "pads": pads, "out_pad_h": out_pad, "out_pad_w": out_pad,
            "act": kind[0], "act_a": kind[1], "act_b": kind[2]}
    oc, kh, kw, ic = array(w).shape
    parts = t64(w).reshape(groups, oc // groups, kh, kw, ic)
    weight = parts.permute(0, 4, 1, 2, 3).reshape(groups * ic, oc // groups,
                                                  kh, kw)
    y = F.conv_transpose2d(nchw(x), weight, None if b is None else t64(b),
                           stride, 0, out_pad if not same else 0, groups,
                           dilation)
    height, width = array(x).shape[1] * stride, array(x).shape[2] * stride
    if same:
        top = max((kh - 1) * dilation + 1 - stride, 0) // 2
        left = max((kw - 1) * dilation + 1 - stride, 0) // 2
        y = F.pad(y, (0, stride, 0, stride))  # a kernel below the stride
        if b is not None:
            whole = F.conv_transpose2d(nchw(x), weight, None, stride, 0, 0,
                                       groups, dilation)
            y = F.pad(whole, (0, stride, 0, stride))
            y = y + t64(b).reshape(1, -1, 1, 1)
        y = y[:, :, top:top + height, left:left + width]
    else:
        y = y[:, :, pads[0]:y.shape[2] - pads[2],
              pads[1]:y.shape[3] - pads[3]]
    book.case("conv_transpose2d", what, [x, w] + ([] if b is None else [b]),
              nhwc(act(y, *kind)), attr, 4e-6)


def products():
    book = Book("products")
    x, b = rand(80, 2, 6, 5, 7), rand(81, 9)
    convolution(book, "1 x 1", x, rand(82, 9, 1, 1, 7), b)
    convolution(book, "3 x 3 SAME stride 2", x, rand(83, 4, 3, 3, 7), None,
                (2, 2), same=1)
    convolution(book, "3 x 3 SAME", x, rand(83, 4, 3, 3, 7), same=1,
                kind=("relu6", 0, 0))
    convolution(book, "uneven pads", x, rand(84, 3, 3, 2, 7), None, (1, 2),
                pads=(2, 0, 1, 1))
    convolution(book, "dilated", x, rand(85, 3, 3, 2, 7), None, (1, 1), (2, 3),
                pads=(1, 2, 3, 0), kind=("swish", 1.25, 0))
    x = rand(86, 1, 5, 4, 6)
    convolution(book, "groups", x, rand(87, 4, 3, 3, 3), rand(88, 4),
                groups=2, pads=(1, 1, 1, 1))
    x = rand(89, 1, 6, 7, 19)
    for k, s in [(3, 1), (3, 2), (5, 1), (5, 2)]:
        convolution(book, f"depthwise {k} stride {s}", x,
                    rand(90, 19, k, k, 1), rand(91, 19), (s, s), groups=19,
                    same=1, kind=("hard_swish", 0, 0))
    convolution(book, "depthwise times two", rand(92, 1, 4, 4, 3),
                rand(93, 6, 3, 3, 1), groups=3, pads=(1, 1, 1, 1))
    convolution(book, "picture", rand(94, 1, 9, 9, 3), rand(95, 8, 3, 3, 3),
                rand(96, 8), (2, 2), pads=(0, 0, 1, 1), kind=("relu", 0, 0))
    x, b = rand(97, 2, 3, 4, 5), rand(98, 6)
    transposed(book, "2 x 2", x, rand(99, 6, 2, 2, 5), b)
    transposed(book, "4 x 4 SAME", x, rand(100, 6, 4, 4, 5), b, same=1)
    transposed(book, "3 x 3 SAME", x, rand(101, 6, 3, 3, 5), same=1,
               kind=("relu", 0, 0))
    transposed(book, "1 x 1 SAME", x, rand(102, 6, 1, 1, 5), b, same=1)
    transposed(book, "pads and more at the end", x, rand(103, 4, 3, 3, 5),
               None, out_pad=1, pads=(1, 1, 1, 1))
    transposed(book, "uneven pads, stride 3", x, rand(104, 2, 4, 5, 5), None,
               3, pads=(1, 0, 2, 3))
    transposed(book, "dilated", x, rand(105, 2, 2, 3, 5), None, 1, dilation=2)
    transposed(book, "groups", rand(106, 1, 3, 3, 6), rand(107, 4, 3, 3, 3),
               rand(108, 4), groups=2, pads=(1, 1, 0, 0))
    transposed(book, "depthwise", rand(109, 1, 3, 4, 5),
               rand(110, 5, 4, 4, 1), groups=5, same=1)
    matmuls(book)
    book.write()


def matmuls(book):
    for what, a, b, bias, ta, tb in [
            ("plain", (5, 7), (7, 9), None, 0, 0),
            ("weights by rows", (5, 7), (9, 7), 9, 0, 1),
            ("transposed a", (7, 5), (7, 9), None, 1, 0),
            ("both", (7, 5), (9, 7), 9, 1, 1),
            ("batches", (2, 3, 4, 5), (2, 3, 5, 6), None, 0, 0),
            ("one b for all", (2, 3, 4, 5), (5, 6), None, 0, 0),
            ("broadcast", (2, 1, 4, 5), (3, 5, 2), None, 0, 0),
            ("a vector", (7,), (7, 9), None, 0, 0),
            ("by a vector", (2, 5, 7), (7,), None, 0, 0),
            ("a row", (1, 40), (33, 40), 33, 0, 1)]:
        x, y = rand(111, *a), rand(112, *b)
        left = t64(x).mT if ta else t64(x)
        right = t64(y).mT if tb else t64(y)
        z = 0.5 * (left @ right)
        inputs = [x, y]
        if bias:
            inputs.append(rand(113, bias))
            z = z + t64(inputs[2])
        book.case("matmul", what, inputs, z,
                  {"transpose_a": ta, "transpose_b": tb, "alpha": 0.5}, 4e-6)


# ---- detections ----------------------------------------------------------------

def corners(b, centered):
    if centered:
        x, y, w, h = b
        return x - w / 2, y - h / 2, x + w / 2, y + h / 2
    return (min(b[1], b[3]), min(b[0], b[2]), max(b[1], b[3]),
            max(b[0], b[2]))


def iou(a, b):
    w = min(a[2], b[2]) - max(a[0], b[0])
    h = min(a[3], b[3]) - max(a[1], b[1])
    if w <= 0 or h <= 0:
        return 0.0
    area = [(r[2] - r[0]) * (r[3] - r[1]) for r in (a, b)]
    return w * h / (area[0] + area[1] - w * h)


def nms(boxes, scores, most, limit, least, centered=False):
    rows = []
    for n in range(scores.shape[0]):
        for c in range(scores.shape[1]):
            s = scores[n, c].astype(np.float64)
            order = sorted(range(s.size), key=lambda i: (-s[i], i))
            kept = []
            for i in order:
                if least is not None and not s[i] > least:
                    continue
                a = corners(boxes[n, i].astype(np.float64), centered)
                if all(iou(a, corners(boxes[n, j].astype(np.float64),
                                      centered)) <= limit for j in kept):
                    kept.append(i)
                if len(kept) == most:
                    break
            rows += [(n, c, i) for i in kept[:most]]
    return np.asarray(rows, np.int64).reshape(-1, 3)


def detect():
    book = Book("detect")
    rng = np.random.default_rng(3)
    boxes = rng.integers(0, 40, (2, 12, 4)).astype(np.float32)
    boxes[:, :, 2:] = boxes[:, :, :2] + rng.integers(5, 25, (2, 12, 2))
    boxes[1, 3] = boxes[1, 3][[2, 3, 0, 1]]  # corners the other way
    scores = (rng.integers(0, 20, (2, 3, 12)) / 20).astype(np.float32)
    for what, most, limit, least in [
            ("usual", 5, 0.3, 0.2), ("many", 100, 0.5, 0.0),
            ("one", 1, 0.5, 0.1), ("strict", 12, 0.0, 0.3),
            ("everything", 12, 1.0, None), ("above all", 12, 0.5, 2.0)]:
        book.case("nms", what,
                  [boxes, scores, i64(most), f32([limit]),
                   None if least is None else f32([least])],
                  nms(boxes, scores, most, np.float32(limit),
                      None if least is None else np.float32(least)))
    book.case("nms", "no limit given", [boxes, scores],
              np.zeros((0, 3), np.int64))
    middle = np.concatenate([boxes[:, :, :2] + 10,
                             np.abs(boxes[:, :, 2:] - boxes[:, :, :2])], 2)
    book.case("nms", "centres and sizes",
              [middle, scores, i64(6), f32([0.25]), f32([0.15])],
              nms(middle, scores, 6, 0.25, np.float32(0.15), True),
              {"center_point_box": 1})
    same = np.tile(f32([0, 0, 1, 1]), (1, 4, 1))
    book.case("nms", "equals by index",
              [same, f32([[[0.5, 0.9, 0.9, 0.1]]]), i64(3), f32([0.5])],
              i64(0, 0, 1).reshape(1, 3))
    flat = f32([[[0, 0, 1, 1], [0, 0, 1, 0], [0, 0, 1, 0]]])
    book.case("nms", "boxes without area suppress nothing",
              [flat, f32([[[0.9, 0.8, 0.7]]]), i64(3), f32([0.0])],
              np.int64([[0, 0, 0], [0, 0, 1], [0, 0, 2]]))
    book.write()


if __name__ == "__main__":
    elementwise()
    movement()
    spatial()
    axes()
    products()
    detect()
