#!/usr/bin/env python3
"""train_pytorch.py PROGRAM BENCH [NETWORK [BATCH [THREADS [STEPS [ROUNDS
    [PRECISION]]]]]]

Training in this library (BENCH, bench_train) and in PyTorch, taking turns:
forward, backward and AdamW on random pictures, channels_last, the best step of
all rounds of each, and the most memory either had. PROGRAM is `sinew`, which
writes the network. PRECISION is ours; PyTorch's is fp32.
"""
import os
import re
import resource
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "scripts"))


def kl(y, t):
    import torch.nn.functional as F
    p = F.log_softmax(y * 10, -1)
    return F.kl_div(p, F.softmax(t * 10, -1), reduction="none").mean(-1).sum()


def pytorch(program, network, batch, threads, steps):
    import torch
    from onnx_torch import Network, export
    torch.set_num_threads(threads)
    torch.manual_seed(1)
    net = Network(export(program, network))
    for name, p in net.parameters.items():
        if p.ndim == 4:
            net.parameters[name] = p.contiguous(
                memory_format=torch.channels_last)
    dims = [d.dim_value for d in net.graph.input[0].type.tensor_type.shape.dim]
    x = torch.randn(batch, *dims[1:]).contiguous(
        memory_format=torch.channels_last)
    names = [o.name for o in net.graph.output]
    if len(names) > 1 and "heatmaps" in names:
        names.remove("heatmaps")  # EfficientPose's fixed enlargement
    moving = net.leaves(("upscaled",))
    rule = torch.optim.AdamW(moving, 1e-3)
    targets, best = None, 1e30
    for _ in range(steps):
        start = time.time()
        rule.zero_grad()
        y = net.forward(x, names)
        targets = targets or {n: torch.rand_like(v) for n, v in y.items()}
        loss = sum(kl(y[n], targets[n]) / y[n].shape[1]
                   if n.startswith("simcc") else
                   torch.nn.functional.mse_loss(y[n], targets[n])
                   for n in names)
        loss.backward()
        torch.nn.utils.clip_grad_norm_([p for p in moving if p.grad is not None],
                                       35.0)
        rule.step()
        best = min(best, time.time() - start)
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{best} {most}")


def main():
    program, bench = sys.argv[1:3]
    network = sys.argv[3] if len(sys.argv) > 3 else "rtmpose-s"
    batch, threads, steps, rounds = [
        int(sys.argv[4 + i]) if len(sys.argv) > 4 + i else n
        for i, n in enumerate((16, 2, 6, 3))]
    if os.environ.get("SINEW_BENCH_PYTORCH"):
        pytorch(program, network, batch, threads, steps)
        return
    precision = sys.argv[8] if len(sys.argv) > 8 else "fp32"
    ours, theirs = [1e30, 0], [1e30, 0]
    for _ in range(rounds):
        out = subprocess.run([bench, network, str(batch), str(threads),
                              str(steps), precision], check=True,
                             capture_output=True, text=True).stdout
        best = float(re.search(r"\(([0-9.]+) ms\)", out)[1]) / 1e3
        most = float(re.search(r"([0-9]+) MB resident", out)[1])
        ours = [min(ours[0], best), max(ours[1], most)]
        out = subprocess.run([sys.executable, *sys.argv], check=True,
                             capture_output=True, text=True,
                             env={**os.environ, "SINEW_BENCH_PYTORCH": "1"})
        best, most = map(float, out.stdout.split())
        theirs = [min(theirs[0], best), max(theirs[1], most)]
    print(f"{network}, batch {batch}, {threads} threads: "
          f"sinew {precision} {batch / ours[0]:.1f} pictures/s, "
          f"{ours[1]:.0f} MB; "
          f"PyTorch {batch / theirs[0]:.1f} pictures/s, {theirs[1]:.0f} MB; "
          f"{theirs[0] / ours[0]:.2f} times as fast with "
          f"{ours[1] / theirs[1]:.2f} of the memory")


if __name__ == "__main__":
    main()
