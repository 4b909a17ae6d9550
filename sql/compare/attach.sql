-- SPDX-License-Identifier: Apache-2.0
ATTACH DATABASE :path AS other
