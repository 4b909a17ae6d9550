-- SPDX-License-Identifier: Apache-2.0
DELETE FROM certificate WHERE certificate_id = :id
