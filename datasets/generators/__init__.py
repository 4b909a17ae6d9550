# SPDX-License-Identifier: Apache-2.0
"""Seeded generators of the evaluation data sets and of the training text."""
