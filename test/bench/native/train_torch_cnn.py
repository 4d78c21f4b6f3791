"""DenseNets of the paper's template in PyTorch on one thread, for `npm run bench:train`.

Arguments: layers, blocks, kernel, growth, initial filters. Trains on noise of 28x28, as the embedded trainer does beside
it, in batches of 128 with Adam, relu and dropout 0.2; weights are PyTorch's own. For each number of epochs (one batch) on
stdin it trains on from where it is and prints "SECONDS LOSS".
"""

import sys
import time

import torch
from torch import nn

BATCH = 128


class DenseLayer(nn.Module):
    def __init__(self, channels, growth, kernel):
        super().__init__()
        self.norm = nn.BatchNorm2d(channels, eps=1e-3, momentum=0.01)
        self.convolution = nn.Conv2d(channels, growth, kernel, padding=kernel // 2, bias=False)
        self.dropout = nn.Dropout(0.2)

    def forward(self, x):
        return torch.cat([x, self.dropout(self.convolution(torch.relu(self.norm(x))))], 1)


class Transition(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.norm = nn.BatchNorm2d(channels, eps=1e-3, momentum=0.01)
        self.convolution = nn.Conv2d(channels, channels, 1, bias=False)

    def forward(self, x):
        return nn.functional.avg_pool2d(self.convolution(torch.relu(self.norm(x))), 2)


class Head(nn.Module):
    def __init__(self, channels, classes):
        super().__init__()
        self.norm = nn.BatchNorm2d(channels, eps=1e-3, momentum=0.01)
        self.dense = nn.Linear(channels, classes)

    def forward(self, x):
        return self.dense(torch.amax(torch.relu(self.norm(x)), (2, 3)))


def build(layers, blocks, kernel, growth, initial):
    channels = initial
    modules = [nn.Conv2d(1, initial, 3, padding=1, bias=False)]
    for block in range(blocks):
        if block > 0:
            modules.append(Transition(channels))
        for _ in range((layers - 4) // blocks):
            modules.append(DenseLayer(channels, growth, kernel))
            channels += growth
    return nn.Sequential(*modules, Head(channels, 10))


def main():
    torch.set_num_threads(1)
    torch.manual_seed(1)
    model = build(*map(int, sys.argv[1:]))
    images, labels = torch.rand(BATCH, 1, 28, 28), torch.randint(0, 10, (BATCH,))
    optimizer = torch.optim.Adam(model.parameters(), eps=1e-7)
    for line in sys.stdin:
        start = time.perf_counter()
        for _ in range(int(line)):
            optimizer.zero_grad(set_to_none=True)
            loss = nn.functional.cross_entropy(model(images), labels)
            loss.backward()
            optimizer.step()
        print(f"{time.perf_counter() - start:.9f} {loss.item():.9f}", flush=True)


main()
