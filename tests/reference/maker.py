# SPDX-License-Identifier: Apache-2.0
"""Random arrays of one fixture model, by name."""
import math

import numpy as np


class Maker:
    """Seeded: the same arrays every time, in the order of the calls."""

    def __init__(self, seed):
        self.random = np.random.default_rng(seed)
        self.arrays = {}

    def normal(self, name, shape, scale):
        self.arrays[name] = self.random.standard_normal(shape) * scale

    def matrix(self, name, rows, columns, gain, inputs):
        """Entries of size gain / sqrt(inputs): a unit-variance input gives outputs of size gain."""
        self.normal(name, (rows, columns), gain / math.sqrt(inputs))

    def norm_weight(self, name, size, spread=0.3):
        self.arrays[name] = 1 + self.random.standard_normal(size) * spread

    def linear(self, name, outputs, inputs, gain, bias=None):
        """A Linear layer, [out, in]; bias: the size of its bias, None for none."""
        self.matrix(name + ".weight", outputs, inputs, gain, inputs)
        if bias is not None:
            self.normal(name + ".bias", outputs, bias)

    def layer_norm(self, name, size, bias=0.3):
        self.norm_weight(name + ".weight", size)
        self.normal(name + ".bias", size, bias)
