-- SPDX-License-Identifier: Apache-2.0
DELETE FROM certificate_run WHERE certificate_id = :id
