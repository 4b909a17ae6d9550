-- SPDX-License-Identifier: Apache-2.0
DELETE FROM certificate_curve WHERE certificate_id = :id
