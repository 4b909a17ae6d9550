#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Runs a test in node: sh tests/web/in_node.sh TEST.mjs ARGUMENT... Skipped (77) where node 18 or numpy is not installed.
node -e 'process.exit(Number(process.versions.node.split(".")[0]) >= 18 ? 0 : 1)' 2>/dev/null || { echo "skipped: needs node 18"; exit 77; }
/usr/bin/python3 -c 'import numpy' 2>/dev/null || { echo "skipped: needs numpy"; exit 77; }
exec node "$@"
