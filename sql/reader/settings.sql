-- SPDX-License-Identifier: Apache-2.0
SELECT name, value FROM setting ORDER BY name
