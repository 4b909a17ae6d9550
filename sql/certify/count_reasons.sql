-- SPDX-License-Identifier: Apache-2.0
SELECT count(*) FROM certificate WHERE certificate_id = :certificate_id AND reason IS NOT NULL
