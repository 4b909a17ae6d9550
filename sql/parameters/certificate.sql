-- SPDX-License-Identifier: Apache-2.0
SELECT certificate_id, certificate_id FROM certificate_run WHERE :given IS NULL OR certificate_id = :given ORDER BY certificate_id
