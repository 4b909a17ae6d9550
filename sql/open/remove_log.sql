-- SPDX-License-Identifier: Apache-2.0
PRAGMA journal_mode = DELETE
