-- SPDX-License-Identifier: Apache-2.0
DELETE FROM certificate WHERE certificate_id = :certificate_id AND reason IS NOT NULL
