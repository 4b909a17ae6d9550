# SPDX-License-Identifier: Apache-2.0
"""Training with as few attention heads as the task needs."""
import math

import torch

FIRST, LAST, RISE = 1000, 2600, 500  # steps: gates begin to move, stay as they are, full price
RATE, START = 0.05, 2.5
SHARPNESS, LOW, HIGH = 2 / 3, -0.1, 1.1


class HeadGates:
    """A gate for each head that is open or closed at random while its chance is learned, at a
    price in nats for every head that is expected to be open: hard concrete gates (Louizos et
    al. 2018), put on heads as by Voita et al. 2019."""

    def __init__(self, n_layers, n_heads, price):
        self.price = price
        self.alpha = torch.full((n_layers, n_heads), START, requires_grad=True)
        self.optimizer = torch.optim.Adam([self.alpha], lr=RATE, betas=(0.9, 0.99))

    def move(self, network, step):
        """Before a step: hands the network its gates of this step. True while they learn."""
        if step == LAST:
            self.settle(network)
        if not FIRST <= step < LAST:
            return False
        u = torch.rand_like(self.alpha).clamp(1e-6, 1 - 1e-6)
        s = torch.sigmoid((u.log() - (1 - u).log() + self.alpha) / SHARPNESS)
        network.gates = (s * (HIGH - LOW) + LOW).clamp(0, 1)
        return True

    def settle(self, network):
        """Heads that are rather open than closed stay open, the others closed."""
        network.gates = (self.alpha.detach() > 0).float()

    def cost(self, step):
        """What the heads cost that are expected to be open."""
        chance = torch.sigmoid(self.alpha - SHARPNESS * math.log(-LOW / HIGH))
        return self.price * min(1.0, (step - FIRST) / RISE) * chance.sum()

    def n_open(self):
        """Heads of each layer that are rather open than closed."""
        return [int((layer > 0).sum()) for layer in self.alpha.detach()]
