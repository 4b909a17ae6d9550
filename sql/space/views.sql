-- SPDX-License-Identifier: Apache-2.0
-- The text of each view.
SELECT sql FROM sqlite_schema WHERE type = 'view' ORDER BY name
