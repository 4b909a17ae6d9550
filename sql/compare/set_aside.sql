-- SPDX-License-Identifier: Apache-2.0
ALTER TABLE comparison RENAME TO comparison_before
