-- SPDX-License-Identifier: Apache-2.0
SELECT * FROM certificate_run ORDER BY certificate_id
