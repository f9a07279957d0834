#!/usr/bin/env python3
"""Writes the small ONNX files of tests/data/onnx.

    scripts/make_onnx_samples.py ORT_DIR OUT_DIR

Each sample covers forms of some operators. What ONNX Runtime gives for the
input below goes into the file itself, as metadata test.<output>: shape, sum of
the elements, and sum of each times (7 k mod 13) - 6, k being its number.
ORT_DIR is a folder where `npm install onnxruntime-node` was run; needs
python3-onnx 1.12 and node 18 or later. Files refuse_*.onnx are what the reader
should turn down.

Input i of N elements: f32 ((37 k + 11 i + 11) mod 101 - 50) / 25 for k < N.
"""
import json
import os
import subprocess
import sys
import tempfile

import numpy as np
import onnx
from onnx import TensorProto as T
from onnx import helper as h
from onnx import numpy_helper

RUN = """
const ort = require('onnxruntime-node'), fs = require('fs');
(async () => {
  const [model, spec] = process.argv.slice(1);
  const s = await ort.InferenceSession.create(model,
    {graphOptimizationLevel: 'disabled', intraOpNumThreads: 1,
     logSeverityLevel: 3});
  const feeds = {};
  for (const [name, t] of Object.entries(JSON.parse(spec)))
    feeds[name] = new ort.Tensor('float32', new Float32Array(t.data), t.dims);
  const out = await s.run(feeds), text = {};
  for (const name of s.outputNames) {
    const v = Array.from(out[name].data, Number);
    const sum = f => Number(v.reduce((a, x, i) => a + x * f(i), 0)
      .toPrecision(6));
    text[name] = out[name].dims.join('x') + ' ' + sum(i => 1) + ' ' +
      sum(i => (7 * i) % 13 - 6);
  }
  console.log(JSON.stringify(text));
})().catch(e => { console.error(String(e)); process.exit(1); });
"""


def pattern(count, i=0):
    k = np.arange(count)
    return (((37 * k + 11 * i + 11) % 101 - 50) / 25.0).astype(np.float32)


class Net:
    """A model put together line by line; values are named A, B, ... Z, 10."""

    def __init__(self, opset, **inputs):
        self.opset = opset
        self.nodes, self.inits, self.outs = [], [], []
        self.inputs = inputs
        self.count = 0
        self.seed = 7

    def name(self):
        self.count += 1
        return np.base_repr(self.count + 9, 36)

    def const(self, value, dtype=None, name=None):
        name = name or self.name()
        array = np.array(value, dtype)
        if array.dtype == np.float64 and dtype is None:
            array = array.astype(np.float32)
        self.inits.append(numpy_helper.from_array(array, name))
        return name

    def ints(self, *v):
        return self.const(v, np.int64)

    def weights(self, *shape):
        self.seed += 1
        w = pattern(int(np.prod(shape)), self.seed) / 4
        return self.const(w.reshape(shape))

    def op(self, kind, *ins, n=1, domain="", **attrs):
        outs = [self.name() for _ in range(n)]
        self.nodes.append(
            h.make_node(kind, list(ins), outs, domain=domain, **attrs))
        return outs[0] if n == 1 else outs

    def out(self, *values, dtype=T.FLOAT):
        for value in values:
            self.outs.append((value, dtype))

    def model(self, ir=7):
        g = h.make_graph(
            self.nodes, "g",
            [h.make_tensor_value_info(k, v[0] if isinstance(v, tuple)
                                      else T.FLOAT,
                                      v[1] if isinstance(v, tuple) else v)
             for k, v in self.inputs.items()],
            [h.make_tensor_value_info(n, t, None) for n, t in self.outs],
            self.inits)
        m = h.make_model(g, opset_imports=[h.make_opsetid("", self.opset)])
        m.ir_version = ir
        m.producer_name = ""
        return m


SAMPLES = {}


def sample(function):
    SAMPLES[function.__name__] = function
    return function


@sample
def conv():
    n = Net(11, x=[1, 2, 5, 6])
    a = n.op("Conv", "x", n.weights(3, 2, 3, 3), n.weights(3),
             pads=[1, 0, 2, 1], strides=[2, 1], kernel_shape=[3, 3])
    b = n.op("Conv", "x", n.weights(4, 1, 3, 2), group=2, dilations=[1, 2],
             pads=[1, 2, 1, 2])
    c = n.op("Conv", b, n.weights(2, 2, 1, 1), group=2)
    d = n.op("Conv", "x", n.weights(1, 2, 2, 3), auto_pad="SAME_UPPER",
             strides=[2, 2])
    e = n.op("Conv", "x", n.weights(1, 2, 2, 2), auto_pad="SAME_LOWER")
    f = n.op("Conv", "x", n.weights(1, 2, 1, 3), auto_pad="VALID")
    n.out(a, c, d, e, f)
    return n.model()


@sample
def conv_transpose():
    n = Net(11, x=[1, 4, 3, 2])
    a = n.op("ConvTranspose", "x", n.weights(4, 2, 3, 2), n.weights(2),
             strides=[2, 2], pads=[1, 0, 1, 1], output_padding=[1, 0])
    b = n.op("ConvTranspose", "x", n.weights(4, 1, 2, 2), group=2,
             dilations=[2, 1])
    c = n.op("ConvTranspose", "x", n.weights(4, 1, 3, 3), strides=[2, 2],
             auto_pad="SAME_UPPER")
    n.out(a, b, c)
    return n.model()


@sample
def pool():
    n = Net(11, x=[1, 2, 5, 5])
    n.out(n.op("MaxPool", "x", kernel_shape=[3, 2], pads=[1, 0, 1, 1],
               strides=[2, 2]))
    n.out(n.op("MaxPool", "x", kernel_shape=[2, 2], ceil_mode=1,
               strides=[2, 2], dilations=[2, 1]))
    n.out(n.op("AveragePool", "x", kernel_shape=[3, 3], pads=[1, 1, 1, 1],
               strides=[2, 2]))
    n.out(n.op("AveragePool", "x", kernel_shape=[2, 2], pads=[0, 0, 1, 1],
               count_include_pad=1))
    n.out(n.op("AveragePool", "x", kernel_shape=[2, 2], strides=[2, 2],
               auto_pad="SAME_UPPER"))
    n.out(n.op("GlobalAveragePool", "x"), n.op("GlobalMaxPool", "x"))
    return n.model()


@sample
def resize10():
    n = Net(10, x=[1, 1, 2, 3])
    s = n.const([1, 1, 2, 1.5])
    n.out(n.op("Resize", "x", s, mode="nearest"),
          n.op("Resize", "x", s, mode="linear"))
    return n.model()


@sample
def resize13():
    n = Net(13, x=[1, 1, 2, 3])
    s, z = n.const([1, 1, 1.5, 2]), n.ints(1, 1, 3, 5)
    for mode, coord, near in [
            ("nearest", "half_pixel", "round_prefer_floor"),
            ("nearest", "asymmetric", "ceil"),
            ("nearest", "align_corners", "round_prefer_ceil"),
            ("linear", "half_pixel", None),
            ("linear", "align_corners", None),
            ("linear", "asymmetric", None),
            ("linear", "pytorch_half_pixel", None)]:
        kw = {"nearest_mode": near} if near else {}
        n.out(n.op("Resize", "x", "", "", z, mode=mode,
                   coordinate_transformation_mode=coord, **kw))
    n.out(n.op("Resize", "x", "", s, mode="linear"))
    return n.model()


@sample
def upsample9():
    n = Net(9, x=[1, 2, 2, 2])
    n.out(n.op("Upsample", "x", n.const([1, 1, 2, 3.0]), mode="nearest"))
    return n.model()


@sample
def upsample7():
    n = Net(7, x=[1, 1, 2, 2])
    n.out(n.op("Upsample", "x", scales=[1.0, 1.0, 2.0, 2.0], mode="linear"))
    return n.model()


@sample
def norm():
    n = Net(14, x=[1, 3, 2, 2], y=[2, 3])
    p = [n.const(v) for v in ([1, .5, -2], [.1, .2, .3], [0, 1, -1.],
                              [1, .25, 4])]
    n.out(n.op("BatchNormalization", "x", *p, epsilon=1e-3),
          n.op("BatchNormalization", "y", *p))
    return n.model()


@sample
def layer_norm():
    n = Net(17, x=[2, 3, 4])
    n.out(n.op("LayerNormalization", "x", n.weights(4), n.weights(4)))
    return n.model(8)


@sample
def opset9():
    """Forms whose operands were attributes."""
    n = Net(9, x=[1, 3, 4, 4])
    c = n.op("Conv", "x", n.weights(4, 3, 1, 1))
    a, b = n.op("Split", c, n=2, axis=1, split=[1, 3])
    n.out(n.op("Slice", b, axes=[1, -1], starts=[0, 1], ends=[-1, 9]))
    n.out(n.op("Pad", a, pads=[0, 0, 1, 0, 0, 0, 0, 2], value=1.5))
    n.out(n.op("Clip", b, min=-.5, max=.25))
    g = n.op("GlobalAveragePool", c)
    s = n.op("Squeeze", g, axes=[2, 3])
    n.out(s, n.op("Unsqueeze", s, axes=[0, 3]))
    n.out(n.op("Softmax", c, axis=1), n.op("Dropout", g, ratio=.5))
    n.out(n.op("ReduceSum", c, axes=[1], keepdims=0))
    v, i = n.op("TopK", s, n=2, axis=1, k=2)
    n.out(v)
    n.out(i, dtype=T.INT64)
    return n.model()


@sample
def opset13():
    """The same with operands."""
    n = Net(13, x=[1, 3, 4, 4])
    c = n.op("Conv", "x", n.weights(4, 3, 1, 1))
    a, b = n.op("Split", c, n.ints(1, 3), n=2, axis=1)
    n.out(n.op("Slice", b, n.ints(0, -1), n.ints(-1, -9), n.ints(1, -1),
               n.ints(1, -2)))
    n.out(n.op("Pad", a, n.ints(0, 0, 1, 0, 0, 0, 0, 2), n.const(1.5)))
    n.out(n.op("Pad", a, n.ints(0, 0, 1, 2, 0, 0, 0, 1), mode="reflect"),
          n.op("Pad", a, n.ints(0, 1, 0, 0, 0, 0, 1, 0), mode="edge"))
    n.out(n.op("Clip", b, n.const(-.5)), n.op("Clip", b, "", n.const(.25)))
    g = n.op("GlobalAveragePool", c)
    s = n.op("Squeeze", g, n.ints(2, 3))
    n.out(s, n.op("Unsqueeze", s, n.ints(0, 3)))
    n.out(n.op("Softmax", c, axis=1), n.op("LogSoftmax", c))
    n.out(n.op("ReduceSum", c, n.ints(1), keepdims=0))
    v, i = n.op("TopK", s, n.ints(2), n=2, largest=0)
    n.out(v)
    n.out(i, n.op("ArgMax", c, axis=1, keepdims=0), dtype=T.INT64)
    return n.model()


@sample
def opset18():
    n = Net(18, x=[1, 5, 2, 2])
    c = n.op("Conv", "x", n.weights(5, 5, 1, 1))
    n.out(*n.op("Split", c, n=3, axis=1, num_outputs=3))
    n.out(n.op("ReduceMean", c, n.ints(2, 3)), n.op("ReduceMax", c, n.ints(1)))
    n.out(n.op("Pad", c, n.ints(1, 0, 0, 1), "", n.ints(2, -1)))
    n.out(n.op("Resize", c, "", "", n.ints(3, 3), axes=[2, 3], mode="nearest"))
    n.out(n.op("ReduceSum", c, noop_with_empty_axes=1))
    return n.model(8)


@sample
def unary():
    n = Net(14, x=[1, 2, 2, 3])
    c = n.op("Conv", "x", n.weights(2, 2, 1, 1))
    for kind in ["Relu", "Sigmoid", "HardSwish", "Tanh", "Erf", "Abs", "Neg",
                 "Sign", "Exp", "Floor", "Ceil", "Round"]:
        n.out(n.op(kind, c))
    n.out(n.op("HardSigmoid", c), n.op("HardSigmoid", c, alpha=1 / 6, beta=.5),
          n.op("LeakyRelu", c, alpha=.1), n.op("PRelu", c, n.weights(2, 1, 1)),
          n.op("Clip", c, n.const(0.0), n.const(6.0)))
    p = n.op("Add", n.op("Mul", c, c), n.const(1.0))
    n.out(n.op("Sqrt", p), n.op("Log", p), n.op("Reciprocal", p))
    return n.model()


@sample
def broadcast():
    n = Net(13, x=[1, 3, 2, 2], z=[2], g=[1, 3, 1, 1])
    c = n.op("Conv", "x", n.weights(3, 3, 1, 1))
    n.out(n.op("Add", c, n.weights(3, 1, 1)), n.op("Mul", c, n.const(2.0)),
          n.op("Sub", n.weights(1, 3, 1, 1), c), n.op("Div", c, n.const([4.])),
          n.op("Add", c, n.weights(2)), n.op("Mul", n.weights(2, 1), c),
          n.op("Add", c, "z"), n.op("Mul", c, "g"), n.op("Add", c, "x"),
          n.op("Pow", c, n.const(2.0)), n.op("Mod", c, n.const(.7), fmod=1),
          n.op("Max", c, "x", n.const(.1)), n.op("Min", c, n.weights(3, 1, 1)),
          n.op("Sum", c, "x", "g"), n.op("Mean", c, "x"),
          n.op("Add", c, n.weights(1, 1, 3, 1, 2)))
    m = n.op("And", n.op("Greater", c, "x"),
             n.op("Not", n.op("LessOrEqual", c, n.const(-1.0))))
    n.out(n.op("Where", m, c, n.weights(3, 1, 1)))
    return n.model()


@sample
def reduce():
    n = Net(13, x=[2, 3, 2, 2])
    c = n.op("Conv", "x", n.weights(3, 3, 1, 1))
    for axes, keep in [([2, 3], 1), ([2, 3], 0), ([1], 0), ([1], 1), ([3], 0),
                       ([0], 0), ([-3, -1], 0), (None, 0)]:
        kw = {"axes": axes} if axes else {}
        n.out(n.op("ReduceMean", c, keepdims=keep, **kw))
    for kind in ["Max", "Min", "Prod", "L1", "L2", "SumSquare"]:
        n.out(n.op("Reduce" + kind, c, axes=[1, 3]))
    return n.model()


@sample
def softmax11():
    n = Net(11, x=[1, 2, 3, 2])
    n.out(n.op("Softmax", "x", axis=2), n.op("LogSoftmax", "x", axis=-1))
    return n.model()


@sample
def matmul():
    n = Net(13, x=[2, 3], y=[1, 2, 3, 2], b=[4, 2])
    n.out(n.op("MatMul", "x", n.weights(3, 4)),
          n.op("MatMul", "y", n.weights(2, 2)),
          n.op("Gemm", "x", n.weights(4, 3), n.weights(4), transB=1),
          n.op("Gemm", "x", n.weights(2, 4), n.weights(1, 4), transA=1,
               alpha=.5, beta=2.0),
          n.op("Gemm", "b", n.weights(2, 3), n.weights(4, 1), beta=.5))
    return n.model()


@sample
def shuffle():
    n = Net(13, x=[1, 4, 2, 3])
    c = n.op("Conv", "x", n.weights(4, 4, 1, 1))
    r = n.op("Reshape", c, n.ints(1, 2, 2, 6))
    r = n.op("Transpose", r, perm=[0, 2, 1, 3])
    a = n.op("Conv", n.op("Reshape", r, n.ints(1, 4, 2, 3)),
             n.weights(2, 4, 1, 1))
    r = n.op("Reshape", c, n.ints(0, 2, 2, 2, -1))
    r = n.op("Transpose", r, perm=[0, 2, 1, 3, 4])
    b = n.op("Conv", n.op("Reshape", r, n.ints(0, -1, 2, 3)),
             n.weights(2, 4, 1, 1))
    s = n.op("Shape", c)
    hw = n.op("Slice", s, n.ints(2), n.ints(4))
    r = n.op("Reshape", c, n.op("Concat", n.ints(1, 2, 2), hw, axis=0))
    r = n.op("Transpose", r, perm=[0, 2, 1, 3, 4])
    d = n.op("Conv", n.op("Reshape", r, s), n.weights(2, 4, 1, 1))
    n.out(a, b, d)
    return n.model()


@sample
def rearrange():
    n = Net(13, x=[1, 4, 2, 2])
    c = n.op("Conv", "x", n.weights(4, 4, 1, 1))
    t = n.op("Transpose", c, perm=[0, 2, 3, 1])
    n.out(t, n.op("Transpose", t, perm=[0, 3, 1, 2]))
    n.out(n.op("Transpose", c, perm=[0, 1, 3, 2]), n.op("Transpose", c))
    f = n.op("Reshape", c, n.ints(0, 0, -1))
    u = n.op("Transpose", f, perm=[0, 2, 1])
    n.out(f, n.op("MatMul", u, n.weights(4, 2)), n.op("MatMul", f, u))
    n.out(n.op("Conv", n.op("Reshape", n.op("Transpose", u, perm=[0, 2, 1]),
                            n.ints(1, 4, 2, 2)), n.weights(1, 4, 1, 1)))
    n.out(n.op("Flatten", c), n.op("Flatten", c, axis=-1))
    n.out(n.op("Concat", c, "x", n.weights(1, 1, 2, 2), axis=1),
          n.op("Concat", c, "x", axis=-1))
    n.out(n.op("Gather", c, n.ints(2, 0), axis=1),
          n.op("Gather", c, n.const(1, np.int64), axis=2))
    n.out(n.op("GatherElements", f, n.const([[[1, 0]]], np.int64), axis=2),
          n.op("GatherND", f, n.const([[0, 1], [0, 3]], np.int64)))
    n.out(n.op("DepthToSpace", c, blocksize=2),
          n.op("DepthToSpace", c, blocksize=2, mode="CRD"),
          n.op("SpaceToDepth", c, blocksize=2))
    n.out(n.op("Tile", c, n.ints(1, 2, 1, 2)),
          n.op("Expand", n.op("GlobalAveragePool", c), n.ints(1, 4, 2, 1)))
    return n.model()


@sample
def shapes():
    """What follows from shapes, with sizes left open."""
    n = Net(15, x=["N", 3, 6, 4])
    c = n.op("Conv", "x", n.weights(2, 3, 3, 3), strides=[2, 2],
             pads=[1, 1, 1, 1])
    s = n.op("Shape", c)
    hh = n.op("Gather", s, n.const(2, np.int64))
    r = n.op("Range", n.const(0, np.int64), hh, n.const(1, np.int64))
    n.out(s, r, n.op("Size", c), n.op("Shape", c, start=1, end=-1),
          dtype=T.INT64)
    f = n.op("Cast", r, to=T.FLOAT)
    e = n.op("Expand", n.op("Reshape", f, n.ints(-1, 1)),
             n.op("Slice", s, n.ints(2), n.ints(4)))
    n.out(n.op("Add", c, e))
    z = n.op("ConstantOfShape", s,
             value=h.make_tensor("", T.FLOAT, [1], [.5]))
    n.out(n.op("Mul", c, z))
    up = n.op("Concat", n.op("Slice", s, n.ints(0), n.ints(2)),
              n.op("Slice", n.op("Shape", "x"), n.ints(2), n.ints(4)), axis=0)
    n.out(n.op("Resize", c, "", "", up, mode="nearest"))
    return n.model(8)


@sample
def constants():
    """Every way to store a constant; initialisers listed as inputs (IR 3)."""
    n = Net(13, x=[1, 2, 1, 2])
    raw = numpy_helper.from_array
    add = n.inits.append
    add(h.make_tensor("f", T.FLOAT, [2], [1, -.5]))
    add(h.make_tensor("d", T.DOUBLE, [2], [.25, 3]))
    add(raw(np.array([.5, 2]), "dr"))
    add(h.make_tensor("h", T.FLOAT16, [2], [1.5, -2]))
    add(raw(np.array([.125, 4], np.float16), "hr"))
    add(h.make_tensor("b", T.BFLOAT16, [2], [1.5, -3]))
    for name, kind, np_type in [("i4", T.INT32, np.int32),
                                ("i8", T.INT64, np.int64),
                                ("i1", T.INT8, np.int8),
                                ("u1", T.UINT8, np.uint8)]:
        add(h.make_tensor(name, kind, [2], [3, 100]))
        add(raw(np.array([7, 1], np_type), name + "r"))
    add(h.make_tensor("t", T.BOOL, [2], [1, 0]))
    floats = ["f"]
    casts = ["d", "dr", "h", "hr", "b", "i4", "i4r", "i8", "i8r", "i1", "i1r",
             "u1", "u1r", "t"]
    y = "x"
    for name in floats + [n.op("Cast", c, to=T.FLOAT) for c in casts]:
        y = n.op("Add", y, name)
    y = n.op("Add", y, n.op("Constant", value_float=.5))
    y = n.op("Add", y, n.op("Constant", value_floats=[1., 2.]))
    y = n.op("Mul", y, n.op("Cast", n.op("Constant", value_int=2),
                            to=T.FLOAT))
    y = n.op("Reshape", y, n.op("Constant", value_ints=[1, -1]))
    n.out(y)
    n.out(n.op("Identity", "i1"), dtype=T.INT8)
    m = n.model(3)
    for t in n.inits[:2]:
        m.graph.input.append(h.make_tensor_value_info(
            t.name, t.data_type, list(t.dims)))
    return m


@sample
def half():
    """A network in half floats, and half weights behind a cast."""
    n = Net(13, x=[1, 2, 2, 2])
    w = n.const((pattern(12, 3) / 4).reshape(3, 2, 1, 2), np.float16)
    b = n.const([.5, 1, -1], np.float16)
    n.out(n.op("Conv", "x", n.op("Cast", w, to=T.FLOAT),
               n.op("Cast", b, to=T.FLOAT)))
    k = n.op("Cast", "x", to=T.FLOAT16)
    k = n.op("Relu", n.op("Add", k, n.const([.25, -.25], np.float16)))
    n.out(n.op("Cast", k, to=T.FLOAT))
    return n.model()


@sample
def quantized():
    n = Net(13, x=[1, 2, 3, 3])
    s, z = n.const(.02), n.const(100, np.uint8)
    q = n.op("DequantizeLinear", n.op("QuantizeLinear", "x", s, z), s, z)
    w = n.op("DequantizeLinear",
             n.const(np.arange(-12, 12).reshape(3, 2, 2, 2), np.int8),
             n.const([.1, .2, .05]), n.const([0, 1, 2], np.int8), axis=0)
    n.out(n.op("Conv", q, w))
    return n.model()


@sample
def detector():
    """Boxes and scores through NonMaxSuppression and TopK: sizes that depend
    on the data."""
    n = Net(11, x=[1, 5, 2, 2])
    p = n.op("Transpose", "x", perm=[0, 2, 3, 1])
    p = n.op("Reshape", p, n.ints(1, -1, 5))
    lo = n.op("Slice", p, n.ints(0), n.ints(2), n.ints(2))
    size = n.op("Abs", n.op("Slice", p, n.ints(2), n.ints(4), n.ints(2)))
    boxes = n.op("Concat", lo, n.op("Add", lo, size), axis=2)
    scores = n.op("Transpose",
                  n.op("Sigmoid", n.op("Slice", p, n.ints(4), n.ints(5),
                                       n.ints(2))), perm=[0, 2, 1])
    keep = n.op("NonMaxSuppression", boxes, scores, n.ints(3), n.const([.3]),
                n.const([.2]))
    i = n.op("Gather", keep, n.const(2, np.int64), axis=1)
    n.out(keep, dtype=T.INT64)
    n.out(n.op("Gather", n.op("Squeeze", boxes, axes=[0]), i))
    return n.model()


@sample
def forms():
    """Operands that are not constant, or in a form seldom seen."""
    n = Net(13, x=[1, 2, 2, 2], v=[1, 2])
    c = n.op("Conv", "x", n.op("Reshape", "x", n.ints(2, 2, 1, 2)))
    top = n.op("ReduceMax", c, keepdims=0)
    n.out(c, n.op("Clip", c, n.const(0.0), n.const(3.4028235e38)),
          n.op("Clip", c, n.op("Neg", top), top), n.op("Sum", c))
    i = n.op("Cast", c, to=T.INT64)
    n.out(n.op("Clip", i, n.const(-1, np.int64)), dtype=T.INT64)
    n.out(n.op("Add", c, top), n.op("Mul", c, n.op("Reshape", "v",
                                                   n.ints(2, 1))))
    r = n.op("Relu", n.op("Reshape", c, n.ints(1, 1, 2, 2, 1)))
    n.out(n.op("Add", r, n.weights(1)), n.op("Mul", r, n.weights(2, 1)))
    for p in (n.op("Reshape", "v", n.ints(1, 2, 1, 1)),
              n.op("Unsqueeze", "v", n.ints(2, 3))):
        n.out(n.op("Mul", c, p), n.op("Conv", p, n.weights(1, 2, 1, 1)))
    p = n.op("Squeeze", n.op("ReduceMean", c, axes=[3]), n.ints(3))
    n.out(p, n.op("Squeeze", p, n.ints()), n.op("Pad", "v", n.ints(0, 1, 0, 0)))
    n.out(*n.op("Split", "v", n=2, axis=1))
    scales = n.op("Div", n.op("Cast", n.op("Shape", "x"), to=T.FLOAT),
                  n.op("Constant", value=numpy_helper.from_array(
                      np.array([1, 2, 1, 1.5], np.float32))))
    n.out(n.op("Resize", c, "", scales, mode="nearest"),
          n.op("Dropout", c, "", n.const(False)))
    w = n.op("Cast", n.const(np.arange(4), np.float16), to=T.FLOAT)
    n.out(n.op("Conv", "x", n.op("Reshape", w, n.ints(2, 2, 1, 1))))
    return n.model()


PLAIN = {}


def plain(function):
    PLAIN[function.__name__] = function
    return function


@plain
def open_sizes():
    n = Net(13, x=["N", 3, "H", "W"])
    n.out(n.op("GlobalAveragePool", "x"))
    return n.model()


@plain
def open_sizes_metadata():
    n = Net(13, x=["N", "H", "W", 3])
    n.out(n.op("GlobalAveragePool", n.op("Transpose", "x", perm=[0, 3, 1, 2])))
    m = n.model()
    m.metadata_props.add(key="sinew.input_size", value="64x48")
    return m


REFUSED = {}


def refused(function):
    REFUSED[function.__name__] = function
    return function


@refused
def operator():
    n = Net(13, x=[1, 2])
    n.out(n.op("Det", "x"))
    return n.model()


@refused
def domain():
    n = Net(13, x=[1, 2])
    n.out(n.op("Gelu", "x", domain="com.example"))
    m = n.model()
    m.opset_import.append(h.make_opsetid("com.example", 1))
    return m


@refused
def control_flow():
    n = Net(13, x=[1])
    body = h.make_graph([h.make_node("Identity", ["x"], ["y"])], "b", [],
                        [h.make_tensor_value_info("y", T.FLOAT, None)])
    n.out(n.op("If", n.const(True), then_branch=body, else_branch=body))
    return n.model()


@refused
def external():
    n = Net(13, x=[2])
    n.out(n.op("Add", "x", n.const([1., 2.], name="w")))
    t = n.inits[0]
    t.ClearField("raw_data")
    t.data_location = T.EXTERNAL
    t.external_data.add(key="location", value="w.bin")
    return n.model()


@refused
def function():
    n = Net(13, x=[2])
    n.out(n.op("Relu", "x"))
    m = n.model(8)
    m.functions.append(h.make_function(
        "local", "F", ["a"], ["b"], [h.make_node("Relu", ["a"], ["b"])],
        [h.make_opsetid("", 13)]))
    return m


@refused
def open_size():
    n = Net(13, x=["N", "length", 3])
    n.out(n.op("Relu", "x"))
    return n.model()


@refused
def old_opset():
    n = Net(6, x=[2])
    n.out(n.op("Relu", "x"))
    return n.model()


@refused
def order():
    n = Net(13, x=[2])
    a = n.op("Relu", "later")
    n.out(a)
    return n.model()


@refused
def too_short():
    n = Net(13, x=[2])
    n.out(n.op("Add", "x", n.const([1., 2.], name="w")))
    n.inits[0].raw_data = n.inits[0].raw_data[:-1]
    return n.model()


@refused
def attribute():
    n = Net(13, x=[1, 2, 3])
    n.out(n.op("Transpose", "x", perm=[0, 1, 1]))
    return n.model()


@refused
def mode():
    n = Net(13, x=[1, 1, 2, 2])
    c = n.op("Conv", "x", n.weights(1, 1, 1, 1))
    n.out(n.op("Pad", c, n.ints(0, 0, 1, 1, 0, 0, 0, 0), mode="wrap"))
    return n.model()


def expectations(model, path, ort_dir):
    feeds = {}
    for i, value in enumerate(model.graph.input):
        if value.name in {t.name for t in model.graph.initializer}:
            continue
        dims = [d.dim_value or 1 for d in value.type.tensor_type.shape.dim]
        feeds[value.name] = {
            "dims": dims,
            "data": pattern(int(np.prod(dims)), i).tolist()}
    result = subprocess.run(
        ["node", "-e", RUN, "--", path, json.dumps(feeds)], text=True,
        env=dict(os.environ, NODE_PATH=os.path.join(ort_dir, "node_modules")),
        stdout=subprocess.PIPE, check=False)
    if result.returncode:
        sys.exit("%s: ONNX Runtime failed" % path)
    for name, text in json.loads(result.stdout).items():
        model.metadata_props.add(key="test." + name, value=text)


def main():
    ort_dir, out_dir = os.path.abspath(sys.argv[1]), sys.argv[2]
    total = 0
    with tempfile.TemporaryDirectory() as scratch:
        for name, function in SAMPLES.items():
            model = function()
            path = os.path.join(scratch, name + ".onnx")
            onnx.save(model, path)
            expectations(model, path, ort_dir)
            path = os.path.join(out_dir, name + ".onnx")
            onnx.save(model, path)
            total += os.path.getsize(path)
    others = dict(PLAIN, **{"refuse_" + k: v for k, v in REFUSED.items()})
    for name, function in others.items():
        path = os.path.join(out_dir, name + ".onnx")
        onnx.save(function(), path)
        total += os.path.getsize(path)
    print(len(SAMPLES) + len(others), "files,", total, "bytes")


if __name__ == "__main__":
    main()
