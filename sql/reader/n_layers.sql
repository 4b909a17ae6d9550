-- SPDX-License-Identifier: Apache-2.0
SELECT n_layers FROM run
