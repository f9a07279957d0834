#!/usr/bin/env python3
"""make_training.py PROGRAM - writes tests/data/train/*.txt: optimisers, losses
and whole trainings as PyTorch has them.

Made with Debian 12's NumPy 1.24.2 and PyTorch 1.13.0 (CPU); not needed to build
or test. Run in the repository's root; PROGRAM is `sinew`, for the names and
shapes of a network's parameters. Every line is a name and numbers. Weights and
batches are formulas that the C tests evaluate too (class Rand of
make_op_cases.py, seeded by the FNV-1a hash of a name).
"""
import os
import subprocess
import sys
import tempfile

import numpy as np
import onnx
import torch
import torch.nn.functional as F
from onnx import numpy_helper

from check_networks import Net
from onnx_torch import Network, export

OUT = "tests/data/train/"
# Adam moves by the sign of a gradient at first: with ten times this, PyTorch's
# own single and double precision are 4e-4 apart after eight steps.
RATE = 1e-4


def hash32(text):
    h = 0x811c9dc5
    for byte in text.encode():
        h = ((h ^ byte) * 0x01000193) % 2**32
    return h


def rand(name, *dims, low=-1.0, high=1.0):
    n, state = int(np.prod(dims)), hash32(name)
    values = np.empty(n, np.uint32)
    for i in range(n):
        state = (state * 1664525 + 1013904223) & 0xffffffff
        values[i] = state
    unit = (values >> 8).astype(np.float32) / np.float32(2**24)
    out = np.float32(low) + np.float32(high - low) * unit
    return torch.from_numpy(out.reshape(dims))


def weight(name, *dims):
    """The start of a parameter in this library's order of dimensions."""
    if name.endswith("running_mean"):
        return torch.zeros(dims)
    if name.endswith("running_var"):
        return torch.ones(dims)
    u = rand(name, *dims)
    if len(dims) == 1:
        ones = name.endswith((".weight", ".g", ".scale"))
        return u * 0.1 + (1.0 if ones else 0.0)
    return u * np.float32(np.sqrt(3 * dims[0] / np.prod(dims)))


class Lines:
    def __init__(self, name):
        self.path, self.lines = f"{OUT}{name}.txt", []

    def add(self, name, values):
        flat = np.asarray(values, np.float64).reshape(-1)
        self.lines.append(name + "".join(f" {v:.9g}" for v in flat))

    def write(self):
        with open(self.path, "w") as file:
            file.write("# Written by scripts/make_training.py.\n")
            file.write("\n".join(self.lines) + "\n")


# ---- optimisers --------------------------------------------------------------

def optimisers():
    """Five steps of 7 parameters; gradients rand("step0").."""
    lines = Lines("optim")
    rules = {
        "sgd": lambda p: torch.optim.SGD(p, 0.1),
        "momentum": lambda p: torch.optim.SGD(p, 0.1, 0.9, weight_decay=0.01),
        "nesterov": lambda p: torch.optim.SGD(p, 0.1, 0.9, nesterov=True),
        "adam": lambda p: torch.optim.Adam(p, 0.1, (0.9, 0.99), 1e-8, 0.01),
        "adamw": lambda p: torch.optim.AdamW(p, 0.1, (0.9, 0.99), 1e-8, 0.05),
        "rmsprop": lambda p: torch.optim.RMSprop(p, 0.1, 0.9, 1e-8, 0.01),
        "rmsprop_momentum": lambda p: torch.optim.RMSprop(
            p, 0.1, 0.9, 1e-8, 0, 0.5),
    }
    for name, make in rules.items():
        w = rand("w", 7).double().requires_grad_()
        rule = make([w])
        for step in range(5):
            w.grad = rand(f"step{step}", 7).double()
            rule.step()
            lines.add(f"{name}{step}", w.detach())
    lines.write()


# ---- losses ------------------------------------------------------------------

def kl(y, t, w, beta, label_beta):
    """Sum over pictures and joints of KLDiscretLoss before its division."""
    log_p = F.log_softmax(y * beta, -1)
    q = F.softmax(t * label_beta, -1)
    return (F.kl_div(log_p, q, reduction="none").mean(-1) * w).sum()


def place(y, t, w):
    """Cross entropy over places of maps [N, h, w, K]."""
    q = t / (t.sum((1, 2), keepdim=True) + 1e-9)
    log_p = F.log_softmax(y.flatten(1, 2), 1)
    return -((q.flatten(1, 2) * log_p).sum(1) * w).sum()


def losses():
    lines = Lines("losses")

    def add(name, y, value):
        value.backward()
        lines.add(name, value.detach())
        lines.add(name + "_grad", y.grad)

    def leaf(*dims):
        return rand("y", *dims).double().requires_grad_()
    n, h, w, k = 2, 3, 4, 4
    weights = rand("weights", n, k, low=0).double()
    t = rand("t", n, h, w, k).double()
    wide = weights[:, None, None]
    y = leaf(n, h, w, k)
    add("heatmap_mean", y, ((y - t) ** 2 * wide).mean())
    y = leaf(n, h, w, k)
    add("heatmap_pictures", y, ((y - t) ** 2 * wide).sum() / (2 * n))
    y = leaf(n, h, w, k)
    add("heatmap_plain", y, 3 * F.mse_loss(y, t))
    y = leaf(n, h, w, k)
    add("place_joints", y, place(y, t, weights) / k)
    y = leaf(n, h, w, k)
    add("place_plain", y, place(y, t, torch.ones(n, k)) / n)
    y = leaf(n, h, w, k)
    limbs = rand("weights", n, k // 2, low=0).double()
    add("field_mean", y, ((y - t) ** 2 * limbs.repeat_interleave(2, 1)
                          [:, None, None]).mean())
    y = leaf(n, k, 6)
    t = rand("t", n, k, 6).double()
    add("simcc_joints", y, kl(y, t, weights, 10, 10) / k)
    y = leaf(n, k, 6)
    add("simcc_mean", y, kl(y, t, weights, 1, 4) / (n * k))
    lines.write()


# ---- whole trainings ---------------------------------------------------------

class Training(Net):
    """Batch norms with the statistics of the batch, running ones beside."""

    def norm(self, x, name):
        p = self.p
        return F.batch_norm(x, p[name + '.running_mean'],
                            p[name + '.running_var'], p[name + '.weight'],
                            p[name + '.bias'], True, 0.1, self.epsilon)


def shapes(program, network):
    """Names and shapes of a network's parameters, as PyTorch has them, and
    those that ONNX has the other way round."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "net.onnx")
        subprocess.run([program, "convert", "-q", "--network", network, path],
                       check=True)
        model = onnx.load(path)
    return {t.name: numpy_helper.to_array(t).shape
            for t in model.graph.initializer
            if numpy_helper.to_array(t).dtype == np.float32 and t.dims}


def start(name, dims):
    """In the order of check_networks.Net: linear weights [in, out]."""
    if len(dims) == 4:
        o, i, h, w = dims
        return weight(name, o, h, w, i).permute(0, 3, 1, 2).contiguous()
    if len(dims) == 2 and name.endswith(".weight"):
        return weight(name, dims[1], dims[0]).t().contiguous()
    return weight(name, *dims)


def leaves(parameters):
    moving = [p for n, p in parameters.items() if "running_" not in n]
    for p in moving:
        p.requires_grad_()
    return moving


def run(lines, name, parameters, rule, clip, loss_of, steps=10):
    values, norms = [], []
    for step in range(steps):
        rule.zero_grad()
        loss = loss_of(step)
        loss.backward()
        moving = [p for p in parameters.values() if p.grad is not None]
        norms.append(float(torch.nn.utils.clip_grad_norm_(moving, clip)))
        rule.step()
        values.append(float(loss))
        print(f"{name} {step}: {values[-1]:.7f}, norm {norms[-1]:.5f}")
    lines.add(f"{name}_loss", values)
    lines.add(f"{name}_norm", norms)


def bell(name, n, k, bins, sigma):
    """SimCC targets around whole places."""
    middle = torch.floor(rand(name, n, k, low=0) * bins)
    at = torch.arange(bins)
    return torch.exp(-(at - middle[..., None]) ** 2 / (2 * sigma ** 2))


def rtmpose(program):
    torch.set_default_dtype(torch.float64)
    lines, n, k = Lines("rtmpose-t"), 4, 26
    parameters = {name: start(name, dims).double()
                  for name, dims in shapes(program, "rtmpose-t").items()}
    moving = leaves(parameters)
    rule = torch.optim.AdamW(
        [{"params": [p for p in moving if p.ndim > 1], "weight_decay": 0.05},
         {"params": [p for p in moving if p.ndim < 2], "weight_decay": 0}],
        RATE)
    net = Training(parameters)

    def loss_of(step):
        x = rand(f"x{step}", n, 256, 192, 3).double().permute(0, 3, 1, 2)
        y = net.rtmpose(x)
        w = (rand(f"w{step}", n, k) > -0.5).double()
        return sum(kl(y["simcc_" + a], bell(f"{a}{step}", n, k, bins, s).double(),
                      w, 10, 10) / k
                   for a, bins, s in (("x", 384, 4.9), ("y", 512, 5.66)))
    run(lines, "rtmpose", parameters, rule, 1.0, loss_of)
    lines.add("mean", parameters["backbone.stage2.0.bn.running_mean"][:8])
    lines.add("var", parameters["backbone.stage2.0.bn.running_var"][:8])
    lines.write()
    torch.set_default_dtype(torch.float32)


def efficientpose(program):
    torch.set_default_dtype(torch.float64)
    lines, n = Lines("efficientpose-rt"), 2
    net = Network(export(program, "efficientpose-rt"), torch.float64)
    for name, p in net.parameters.items():
        if not name.startswith("upscaled"):
            net.parameters[name] = start(name, tuple(p.shape)).double()
    rule = torch.optim.Adam(net.leaves(("upscaled",)), RATE)

    def loss_of(step):
        x = rand(f"x{step}", n, 224, 224, 3).double().permute(0, 3, 1, 2)
        y = net.forward(x, ["pafs", "heatmaps1", "heatmaps2"])
        y = {a: v.permute(0, 2, 3, 1) for a, v in y.items()}
        w = rand(f"w{step}", n, 16, low=0).double()[:, None, None]
        limbs = rand(f"l{step}", n, 14, low=0).double().repeat_interleave(2, 1)
        maps = rand(f"maps{step}", n, 28, 28, 16, low=0).double()
        fields = rand(f"fields{step}", n, 28, 28, 28).double()
        return (((y["pafs"] - fields) ** 2 * limbs[:, None, None]).mean()
                + ((y["heatmaps1"] - maps) ** 2 * w).mean()
                + ((y["heatmaps2"] - maps) ** 2 * w).mean())
    run(lines, "efficientpose", net.parameters, rule, 1e9, loss_of)
    for part in "mean", "var":
        lines.add(part, net.parameters[f"block2b_bn_res1.running_{part}"][:8])
    lines.write()
    torch.set_default_dtype(torch.float32)


def swish(x):
    return 1.25 * x * torch.sigmoid(x)


class Mobile(Training):
    """What EfficientPose is made of: inverted bottlenecks with squeeze and
    excitation, dense groups, three heads, a fixed enlargement."""

    def layer(self, x, name, stride=1, groups=1, bend=True):
        w = self.p[name + ".conv.weight"]
        x = F.conv2d(x, w, None, stride, w.shape[-1] // 2, 1, groups)
        x = self.norm(x, name + ".bn")
        return swish(x) if bend else x

    def block(self, x, name, stride):
        y = self.layer(x, name + ".expand")
        y = self.layer(y, name + ".depthwise", stride, y.shape[1])
        gate = y.mean((2, 3), keepdim=True)
        gate = swish(self.conv(gate, name + ".reduce"))
        y = y * torch.sigmoid(self.conv(gate, name + ".excite"))
        y = self.layer(y, name + ".project", bend=False)
        return x + y if y.shape == x.shape else y

    def forward(self, x):
        x = self.layer(x, "stem", 2)
        x = self.block(x, "block1", 2)
        x = self.block(x, "block2", 1)
        a = torch.cat((x, self.block(x, "dense", 1)), 1)
        b = torch.cat((self.block(a, "pass2", 1), x), 1)
        fields = self.conv(a, "fields")
        maps = self.conv(b, "maps")
        wide = F.conv_transpose2d(maps, self.p["enlarge.weight"], None, 2, 1)
        return {"fields": fields, "maps": maps, "wide": wide}


def mobile_shapes():
    """In PyTorch's order of dimensions."""
    out = {}

    def norm(name, c):
        out[name + ".bn.weight"] = out[name + ".bn.bias"] = (c,)
        out[name + ".bn.running_mean"] = out[name + ".bn.running_var"] = (c,)

    def layer(name, o, i, k):
        out[name + ".conv.weight"] = (o, i, k, k)
        norm(name, o)

    def block(name, i, o, k):
        layer(name + ".expand", 6 * i, i, 1)
        layer(name + ".depthwise", 6 * i, 1, k)
        for part, a, b in (("reduce", 4, 6 * i), ("excite", 6 * i, 4)):
            out[f"{name}.{part}.weight"] = (a, b, 1, 1)
            out[f"{name}.{part}.bias"] = (a,)
        layer(name + ".project", o, 6 * i, 1)
    layer("stem", 8, 3, 3)
    block("block1", 8, 12, 5)
    block("block2", 12, 12, 3)
    block("dense", 12, 12, 5)
    block("pass2", 24, 12, 3)
    out["fields.weight"], out["fields.bias"] = (6, 24, 1, 1), (6,)
    out["maps.weight"], out["maps.bias"] = (4, 24, 1, 1), (4,)
    return out


def mobile():
    torch.set_default_dtype(torch.float64)
    lines, n = Lines("mobile"), 4
    parameters = {name: start(name, dims).double()
                  for name, dims in mobile_shapes().items()}
    moving = leaves(parameters)
    row = torch.tensor([0.25, 0.75, 0.75, 0.25])
    enlarge = torch.zeros(4, 4, 4, 4)
    for c in range(4):
        enlarge[c, c] = row[:, None] * row
    parameters["enlarge.weight"] = enlarge
    rule = torch.optim.SGD(moving, 0.02, 0.9, nesterov=True)
    net = Mobile(parameters, 1e-3)

    def loss_of(step):
        x = rand(f"x{step}", n, 32, 48, 3).double().permute(0, 3, 1, 2)
        y = {a: v.permute(0, 2, 3, 1) for a, v in net.forward(x).items()}
        w = rand(f"w{step}", n, 4, low=0).double()
        limbs = rand(f"l{step}", n, 3, low=0).double().repeat_interleave(2, 1)
        target = rand(f"maps{step}", n, 8, 12, 4, low=0).double()
        fields = rand(f"fields{step}", n, 8, 12, 6).double()
        wide = rand(f"wide{step}", n, 16, 24, 4, low=0).double()
        return (((y["fields"] - fields) ** 2 * limbs[:, None, None]).mean()
                + ((y["maps"] - target) ** 2 * w[:, None, None]).mean()
                + 0.5 * ((y["wide"] - wide) ** 2).mean())
    run(lines, "mobile", parameters, rule, 1e9, loss_of)
    lines.add("mean", parameters["block1.depthwise.bn.running_mean"][:8])
    lines.add("var", parameters["block1.depthwise.bn.running_var"][:8])
    lines.write()
    torch.set_default_dtype(torch.float32)


if __name__ == "__main__":
    os.makedirs(OUT, exist_ok=True)
    optimisers()
    losses()
    mobile()
    rtmpose(sys.argv[1])
    efficientpose(sys.argv[1])
