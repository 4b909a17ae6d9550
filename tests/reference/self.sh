#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The reference that makes the golden numbers: its invariants, and second implementations of its pieces. Exit 77 without python3-torch.
#   sh tests/reference/self.sh
set -eu
cd "$(dirname "$0")"
/usr/bin/python3 -c "import torch" 2>/dev/null || { echo "skipped: no python3-torch"; exit 77; }
PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 -m unittest discover -p "test_[fr]*.py"
