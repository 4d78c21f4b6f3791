"""The embedded trainer's algorithm in PyTorch on one thread, for `npm run bench:train`.

Reads the same problem file and speaks the same lines as mlp.c: for each number of epochs on stdin it trains on from where
it is and prints "SECONDS LOSS CPU_SECONDS", the loss being the first epoch's.
"""

import sys
import time

import numpy
import torch

BATCH = 64


def read_problem(path):
    """Returns widths, weights in Network's layout, inputs (N,I), targets (N,O) and the order of the samples."""
    data = numpy.fromfile(path, dtype=numpy.int32)
    layers = data[0]
    widths = data[1 : 1 + layers].tolist()
    samples = int(data[1 + layers])
    parameters = sum((inputs + 1) * outputs for inputs, outputs in zip(widths, widths[1:]))
    values = data[2 + layers :]
    floats = values.view(numpy.float32)
    ends = numpy.cumsum([parameters, samples * widths[0], samples * widths[-1]])
    weights, inputs, targets = numpy.split(floats[: ends[-1]], ends[:-1])
    order = values[ends[-1] :].astype(numpy.int64)
    return widths, weights, inputs.reshape(samples, -1), targets.reshape(samples, -1), order


def build(widths, weights):
    layers = []
    offset = 0
    for inputs, outputs in zip(widths, widths[1:]):
        layer = torch.nn.Linear(inputs, outputs)
        bias = offset + inputs * outputs
        with torch.no_grad():
            layer.weight.copy_(torch.tensor(weights[offset:bias].reshape(inputs, outputs).T.copy()))
            layer.bias.copy_(torch.tensor(weights[bias : bias + outputs].copy()))
        offset = bias + outputs
        layers += [layer, torch.nn.Tanh()]
    return torch.nn.Sequential(*layers[:-1])


def main():
    torch.set_num_threads(1)
    widths, weights, inputs, targets, order = read_problem(sys.argv[1])
    inputs, targets, order = torch.tensor(inputs), torch.tensor(targets), torch.tensor(order)
    model = build(widths, weights)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.001, eps=1e-7)
    for line in sys.stdin:
        start, cpu_start = time.perf_counter(), time.process_time()
        first = 0.0
        for epoch in range(int(line)):
            total = torch.zeros(())
            for batch in order.split(BATCH):
                optimizer.zero_grad(set_to_none=True)
                loss = torch.nn.functional.mse_loss(model(inputs[batch]), targets[batch])
                loss.backward()
                optimizer.step()
                total += loss.detach() * len(batch)
            if epoch == 0:
                first = total.item() / len(order)
        print(f"{time.perf_counter() - start:.9f} {first:.9f} {time.process_time() - cpu_start:.9f}", flush=True)


main()
