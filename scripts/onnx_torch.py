"""onnx_torch.py - networks that `sinew convert --network` writes, as PyTorch
functions that can be trained: the operators they use, no others.

Batch norms take the statistics of the batch. Needs Debian's python3-onnx,
python3-numpy and python3-torch.
"""
import os
import subprocess
import tempfile

import numpy as np
import onnx
import torch
import torch.nn.functional as F
from onnx import numpy_helper


def export(program, network, *options):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "net.onnx")
        subprocess.run([program, "convert", "-q", "--network", network,
                        *options, path], check=True)
        return onnx.load(path)


class Network:
    """`parameters` by name, in ONNX's order of dimensions; forward() gives the
    outputs by name."""

    def __init__(self, model, dtype=torch.float32):
        self.graph = model.graph
        self.constants, self.parameters = {}, {}
        for t in model.graph.initializer:
            a = numpy_helper.to_array(t)
            if a.dtype == np.float32 and a.ndim > 0:
                self.parameters[t.name] = torch.from_numpy(a.copy()).to(dtype)
            else:
                self.constants[t.name] = torch.from_numpy(np.array(a))
        self.dtype = dtype
        # x * sigmoid(x) is one operator there too
        readers = {}
        for n in model.graph.node:
            for i in n.input:
                readers[i] = readers.get(i, 0) + 1
        sigmoids = {n.output[0]: n.input[0] for n in model.graph.node
                    if n.op_type == "Sigmoid" and readers[n.output[0]] == 1}
        self.gates = {}
        for n in model.graph.node:
            for a, b in (n.input[:2], n.input[1::-1]) \
                    if n.op_type == "Mul" else ():
                if sigmoids.get(b) == a:
                    self.gates[n.output[0]] = (a, b)
        self.skipped = {b for _, b in self.gates.values()}

    def leaves(self, frozen=()):
        """All that moves, ready for an optimiser."""
        moving = [p for n, p in self.parameters.items()
                  if "running_" not in n and not n.startswith(tuple(frozen))]
        for p in moving:
            p.requires_grad_()
        return moving

    def forward(self, x, outputs=None):
        values = {**self.constants, **self.parameters,
                  self.graph.input[0].name: x, "": None}
        wanted = set(outputs or [o.name for o in self.graph.output])
        for node in self.needed(wanted):
            out = node.output[0]
            if out in self.skipped:
                continue
            if out in self.gates:
                values[out] = F.silu(values[self.gates[out][0]])
                continue
            attr = {a.name: onnx.helper.get_attribute_value(a)
                    for a in node.attribute}
            got = getattr(self, node.op_type)(
                attr, *[values[i] for i in node.input])
            got = got if isinstance(got, (tuple, list)) else [got]
            values.update(zip(node.output, got))
        return {name: values[name] for name in wanted}

    def needed(self, wanted):
        """Nodes that lead to the outputs, in order."""
        names, nodes = set(wanted), []
        for node in reversed(self.graph.node):
            if names & set(node.output):
                names |= set(node.input)
                nodes.append(node)
        return reversed(nodes)

    # ---- operators

    @staticmethod
    def padded(attr, x):
        top, left, bottom, right = attr.get("pads", (0, 0, 0, 0))
        if (top, left) == (bottom, right):
            return x, (top, left)
        return F.pad(x, (left, right, top, bottom)), 0

    def Conv(self, attr, x, w, b=None):
        x, pad = self.padded(attr, x)
        return F.conv2d(x, w, b, attr.get("strides", 1), pad,
                        attr.get("dilations", 1), attr.get("group", 1))

    def ConvTranspose(self, attr, x, w, b=None):
        top, left, bottom, right = attr.get("pads", (0, 0, 0, 0))
        assert (top, left) == (bottom, right)
        return F.conv_transpose2d(x, w, b, attr.get("strides", 1), (top, left),
                                  attr.get("output_padding", 0),
                                  attr.get("group", 1))

    def BatchNormalization(self, attr, x, w, b, mean, var):
        return F.batch_norm(x, mean, var, w, b, True, 0.1,
                            attr.get("epsilon", 1e-5))

    def Mul(self, attr, a, b):
        return a * b

    def Add(self, attr, a, b):
        return a + b

    def Sub(self, attr, a, b):
        return a - b

    def Div(self, attr, a, b):
        return a / b

    def Sqrt(self, attr, x):
        return x.sqrt()

    def Sigmoid(self, attr, x):
        return torch.sigmoid(x)

    def Relu(self, attr, x):
        return F.relu(x)

    def HardSigmoid(self, attr, x):
        return F.hardsigmoid(x)

    def HardSwish(self, attr, x):
        return F.hardswish(x)

    def Clip(self, attr, x, low=None, high=None):
        return x.clamp(None if low is None else float(low),
                       None if high is None else float(high))

    def Softmax(self, attr, x):
        return torch.softmax(x, attr.get("axis", -1))

    def GlobalAveragePool(self, attr, x):
        return x.mean((2, 3), keepdim=True)

    def ReduceMean(self, attr, x):
        return x.mean(attr["axes"], bool(attr.get("keepdims", 1)))

    def MaxPool(self, attr, x):
        pads = attr.get("pads", (0, 0, 0, 0))
        return F.max_pool2d(x, attr["kernel_shape"], attr.get("strides", 1),
                            pads[:2])

    def AveragePool(self, attr, x):
        pads = attr.get("pads", (0, 0, 0, 0))
        return F.avg_pool2d(x, attr["kernel_shape"], attr.get("strides", 1),
                            pads[:2], False,
                            bool(attr.get("count_include_pad", 0)))

    def Concat(self, attr, *x):
        return torch.cat(x, attr["axis"])

    def Split(self, attr, x, sizes):
        return torch.split(x, sizes.tolist(), attr.get("axis", 0))

    def Transpose(self, attr, x):
        return x.permute(attr["perm"])

    def Reshape(self, attr, x, shape):
        dims = [x.shape[i] if d == 0 else d
                for i, d in enumerate(shape.tolist())]
        return x.reshape(dims)

    def Unsqueeze(self, attr, x, axes):
        for a in axes.tolist():
            x = x.unsqueeze(a)
        return x

    def Squeeze(self, attr, x, axes):
        for a in sorted(axes.tolist(), reverse=True):
            x = x.squeeze(a)
        return x

    def MatMul(self, attr, a, b):
        return a @ b
