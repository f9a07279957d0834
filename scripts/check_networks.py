#!/usr/bin/env python3
"""check_networks.py PROGRAM [SHARED] - networks built by `sinew convert
--network` against PyTorch.

RTMPose and RTMDet are written here once more, from their description, as
functions of named parameters. The parameters of each network are made random
and saved by torch.save as published checkpoints have them, `sinew convert
--network` reads the checkpoint, `sinew run` and the functions below run the
network, and the largest difference of the outputs is printed as a part of their
range; 1e-4 or more is a failure. With SHARED, the folder with the official
weights, the functions themselves are held against the golden outputs of the
official RTMDet-nano.

Needs Debian's python3-numpy, python3-onnx, python3-torch and, for SHARED,
python3-opencv.
"""
import collections
import datetime
import os
import re
import subprocess
import sys
import tempfile
import types

import numpy as np
import onnx
from onnx import numpy_helper
import torch
import torch.nn.functional as F

EPSILON = {'elifpose-model': 1e-3}


class Net:
    """Layers that take their parameters by name."""

    def __init__(self, parameters, epsilon=1e-5, act=F.silu):
        self.p, self.epsilon, self.act = parameters, epsilon, act

    def conv(self, x, name, stride=1, groups=1):
        w = self.p[name + '.weight']
        return F.conv2d(x, w, self.p.get(name + '.bias'), stride,
                        w.shape[-1] // 2, 1, groups)

    def norm(self, x, name):
        p = [self.p[f'{name}.{part}'] for part in
             ('running_mean', 'running_var', 'weight', 'bias')]
        return F.batch_norm(x, p[0], p[1], p[2], p[3], False, 0, self.epsilon)

    def conv_norm(self, x, name, stride=1, groups=1, shared=None):
        x = self.conv(x, (shared or name) + '.conv', stride, groups)
        return self.act(self.norm(x, name + '.bn'))

    def separable(self, x, name, stride=1):
        x = self.conv_norm(x, name + '.depthwise_conv', stride, x.shape[1])
        return self.conv_norm(x, name + '.pointwise_conv')

    def either(self, x, name, stride=1, shared=None):
        if name + '.depthwise_conv.conv.weight' in self.p:
            return self.separable(x, name, stride)
        return self.conv_norm(x, name, stride, shared=shared)

    def csp(self, x, name, add):
        short = self.conv_norm(x, name + '.short_conv')
        x = self.conv_norm(x, name + '.main_conv')
        i = 0
        while f'{name}.blocks.{i}.conv2.pointwise_conv.conv.weight' in self.p:
            y = self.either(x, f'{name}.blocks.{i}.conv1')
            y = self.separable(y, f'{name}.blocks.{i}.conv2')
            x, i = x + y if add else y, i + 1
        x = torch.cat((x, short), 1)
        if name + '.attention.fc.weight' in self.p:
            gate = self.conv(x.mean((2, 3), keepdim=True),
                             name + '.attention.fc')
            x = x * F.hardsigmoid(gate)
        return self.conv_norm(x, name + '.final_conv')

    def pyramid(self, x, name, kernels, act):
        outer, self.act = self.act, act
        x = self.conv_norm(x, name + '.conv1')
        x = torch.cat([x] + [F.max_pool2d(x, k, 1, k // 2) for k in kernels],
                      1)
        x = self.conv_norm(x, name + '.conv2')
        self.act = outer
        return x

    def backbone(self, x, kernels=(5, 9, 13), pyramid_act=F.silu):
        for i in range(3):
            x = self.conv_norm(x, f'backbone.stem.{i}', 2 if i == 0 else 1)
        stages = []
        for i in range(1, 5):
            x = self.either(x, f'backbone.stage{i}.0', 2)
            if i == 4:
                x = self.pyramid(x, 'backbone.stage4.1', kernels, pyramid_act)
            x = self.csp(x, f'backbone.stage{i}.{2 if i == 4 else 1}', i < 4)
            stages.append(x)
        return stages

    # ---- RTMPose

    def scale_norm(self, x, name):
        n = torch.linalg.norm(x, dim=-1, keepdim=True) * x.shape[-1] ** -0.5
        return x / n.clamp(min=1e-5) * self.p[name + '.g']

    def linear(self, x, name):
        return x @ self.p[name + '.weight']  # ONNX has it [in, out]

    def rtmpose(self, x, kernels=(5, 9, 13), pyramid_act=F.silu,
                head_act=F.silu):
        x = self.backbone(x, kernels, pyramid_act)[3]
        x = self.conv(x, 'head.final_layer').flatten(2)
        x = self.linear(self.scale_norm(x, 'head.mlp.0'), 'head.mlp.1')
        y = head_act(self.linear(self.scale_norm(x, 'head.gau.ln'),
                                 'head.gau.uv'))
        u, v, base = torch.split(y, (512, 512, 128), -1)
        gamma, beta = self.p['head.gau.gamma'], self.p['head.gau.beta']
        q, k = base * gamma[0] + beta[0], base * gamma[1] + beta[1]
        scores = F.relu(q @ k.transpose(1, 2) / 128 ** 0.5) ** 2
        x = x * self.p['head.gau.res_scale.scale'] + self.linear(
            u * (scores @ v), 'head.gau.o')
        return {'simcc_x': self.linear(x, 'head.cls_x'),
                'simcc_y': self.linear(x, 'head.cls_y')}

    # ---- RTMDet

    def rtmdet(self, x):
        c3, c4, c5 = self.backbone(x)[1:]
        up = lambda a: F.interpolate(a, scale_factor=2, mode='nearest')
        r5 = self.conv_norm(c5, 'neck.reduce_layers.0')
        t4 = self.csp(torch.cat((up(r5), c4), 1), 'neck.top_down_blocks.0', 0)
        r4 = self.conv_norm(t4, 'neck.reduce_layers.1')
        p3 = self.csp(torch.cat((up(r4), c3), 1), 'neck.top_down_blocks.1', 0)
        d3 = self.either(p3, 'neck.downsamples.0', 2)
        p4 = self.csp(torch.cat((d3, r4), 1), 'neck.bottom_up_blocks.0', 0)
        d4 = self.either(p4, 'neck.downsamples.1', 2)
        p5 = self.csp(torch.cat((d4, r5), 1), 'neck.bottom_up_blocks.1', 0)
        maps = [self.either(p, f'neck.out_convs.{level}')
                for level, p in enumerate((p3, p4, p5))]
        out = {}
        for level, f in enumerate(maps):
            for branch in 'cls', 'reg':
                y = f
                for i in range(2):
                    y = self.either(y, f'bbox_head.{branch}_convs.{level}.{i}',
                                    shared=f'bbox_head.{branch}_convs.0.{i}')
                out[f'{branch}{level + 3}'] = self.conv(
                    y, f'bbox_head.rtm_{branch}.{level}')
        return out


# What training changes or gathers; other constants are the graph's own.
PARTS = ('.weight', '.bias', '.running_mean', '.running_var', '.g', '.gamma',
         '.beta', '.scale')


def constants(model):
    return {t.name: torch.from_numpy(numpy_helper.to_array(t).copy())
            for t in model.graph.initializer}


def parameters(model):
    return {name: a for name, a in constants(model).items()
            if name.endswith(PARTS)}


def randomise(parameters, rng):
    """Batch norms as after training, and heads that give more than noise."""
    for name, a in parameters.items():
        a = a.numpy()
        if name.endswith('running_mean') or name.endswith('bn.bias'):
            a = rng.normal(0, 0.3, a.shape)
        elif name.endswith('running_var'):
            a = rng.uniform(0.2, 1, a.shape)
        elif name.endswith('bn.weight'):
            a = rng.uniform(0.5, 1.5, a.shape)
        elif name.startswith(('head.', 'bbox_head.')) and a.ndim > 1:
            a = rng.normal(0, a[0].size ** -0.5, a.shape)
        parameters[name] = torch.from_numpy(a.astype(np.float32))


class HistoryBuffer:
    """Stands for the objects of the training program that lie in checkpoints
    and that nobody who reads one has."""

    def __init__(self):
        self.values = np.arange(3.)


def save_checkpoint(parameters, path, old_format):
    """As mmengine writes them: the weights two levels deep among what else
    the training had, a weight that levels share under the name of each."""
    state = collections.OrderedDict()
    for name, a in parameters.items():
        # Linear layers: ONNX has them [in, out].
        turn = a.ndim == 2 and name.endswith('.weight')
        state[name] = a.t().contiguous() if turn else a
        if name.endswith('bn.running_var'):
            state[name[:-len('running_var')] + 'num_batches_tracked'] = \
                torch.tensor(1000)
        shared = re.fullmatch(r'(bbox_head\.\w+_convs\.)0(\.\d\.conv\.weight)',
                              name)
        for level in '12' if shared else '':
            state[shared[1] + level + shared[2]] = state[name]
    averages = collections.OrderedDict(
        ('module.' + name, a * 0.5 if a.is_floating_point() else a)
        for name, a in state.items())
    averages['steps'] = torch.tensor(1000)
    module = types.ModuleType('history_buffer')
    module.HistoryBuffer = HistoryBuffer
    HistoryBuffer.__module__ = module.__name__
    sys.modules[module.__name__] = module
    torch.save({
        'meta': {'epoch': 700, 'iter': 4 << 40, 'seed': None, 'cfg': 'a = 1',
                 'time': datetime.datetime(2023, 3, 1), 'best': 0.5,
                 'dataset_meta': {'sigmas': np.array([.026, .025]),
                                  'CLASSES': ('person',), 'ids': {1, 2}}},
        'message_hub': {'log_scalars': {'loss': HistoryBuffer()}},
        'optimizer': {'state': {i: {'step': torch.tensor(1.),
                                    'exp_avg': torch.zeros_like(a)}
                                for i, a in enumerate(parameters.values())},
                      'param_groups': [{'lr': 4e-3, 'betas': (0.9, 0.999)}]},
        'state_dict': state, 'ema_state_dict': averages}, path,
        _use_new_zipfile_serialization=not old_format)


def compare(what, got, want):
    scale = max(float(want.max() - want.min()), 1e-30)
    off = float(np.abs(got - want).max()) / scale
    print(f'{what:32} range {scale:10.4g}   off by {off:.2e} of it')
    return off < 1e-4


def check(program, folder, network, options, run, old_format=False):
    rng = np.random.default_rng(7)
    path = os.path.join(folder, network)
    make = [program, 'convert', '-q', '--network', network, *options]
    subprocess.run([*make, path + '.fresh.onnx'], check=True)
    model = onnx.load(path + '.fresh.onnx')
    p = parameters(model)
    randomise(p, rng)
    save_checkpoint(p, path + '.pth', old_format)
    subprocess.run([*make, path + '.pth', path + '.onnx'], check=True)
    dims = model.graph.input[0].type.tensor_type.shape.dim
    shape = [d.dim_value for d in dims]
    x = rng.normal(0, 1, shape).astype(np.float32)
    np.save(os.path.join(folder, 'x.npy'), x)
    out = os.path.join(folder, 'out')
    subprocess.run([program, 'run', '-q', '--force', path + '.onnx', '--input',
                    os.path.join(folder, 'x.npy'), '--output-dir', out],
                   check=True)
    net = Net(p, EPSILON.get(network, 1e-5))
    with torch.no_grad():
        want = run(net, torch.from_numpy(x))
    return all([compare(f'{network} {name}',
                        np.load(os.path.join(out, name + '.npy')), y.numpy())
                for name, y in want.items()])


def official_detector(shared):
    """The functions above on the official weights, whose batch norms are
    folded: convolutions in the order of execution get our names."""
    model = onnx.load(os.path.join(
        shared, 'models/rtmdet/rtmdet_nano_person_end2end.onnx'))
    weights = constants(model)
    convs = [n for n in model.graph.node if n.op_type == 'Conv']
    order = []

    class Recorder(Net):
        def conv(self, x, name, stride=1, groups=1):
            w, b = [weights[i] for i in convs[len(order)].input[1:3]]
            order.append(name)
            return F.conv2d(x, w, b, stride, w.shape[-1] // 2, 1, groups)

        def norm(self, x, name):
            return x

    import cv2  # reads the golden input
    folder = os.path.join(shared, 'reference/golden/rtmdet_nano_end2end')
    image = cv2.imread(os.path.join(folder, 'input.png')).astype(np.float32)
    image = (image - (103.53, 116.28, 123.675)) / (57.375, 57.12, 58.395)
    x = torch.from_numpy(image.transpose(2, 0, 1)[None].astype(np.float32))
    net = Recorder(Names())
    with torch.no_grad():
        want = net.rtmdet(x)
    assert len(order) == len(convs), (len(order), len(convs))
    return all([compare(f'official rtmdet-nano {name}',
                        np.load(os.path.join(folder, name + '.npy')),
                        y.numpy()) for name, y in want.items()])


class Names(dict):
    """What RTMDet-nano has: every 3x3 separable, one block a layer but two in
    stages 2 and 3, attention in the backbone alone."""

    def __contains__(self, name):
        if '.blocks.' in name:
            two = name.startswith(('backbone.stage2', 'backbone.stage3'))
            return int(name.split('.blocks.')[1][0]) < (2 if two else 1)
        if 'attention' in name:
            return name.startswith('backbone.')
        return True


def main():
    program = sys.argv[1]
    relu = {'kernels': (3, 5, 7), 'pyramid_act': F.relu, 'head_act': F.relu}
    good = True
    with tempfile.TemporaryDirectory() as folder:
        for network, options in (('rtmpose-t', []),
                                 ('rtmpose-s', ['--keypoints', '17']),
                                 ('elifpose-pruned', [])):
            good &= check(program, folder, network, options,
                          lambda net, x: net.rtmpose(x))

        def config(net, x):
            net.act = F.relu
            return net.rtmpose(x, **relu)
        good &= check(program, folder, 'elifpose-config', [], config)
        good &= check(program, folder, 'elifpose-model', [],
                      lambda net, x: net.rtmpose(x, pyramid_act=F.relu))
        for network in 'rtmdet-nano', 'rtmdet-tiny':
            good &= check(program, folder, network, [],
                          lambda net, x: net.rtmdet(x),
                          network == 'rtmdet-tiny')
    if len(sys.argv) > 2:
        good &= official_detector(sys.argv[2])
    sys.exit(0 if good else 1)


if __name__ == '__main__':
    main()
