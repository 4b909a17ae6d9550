-- SPDX-License-Identifier: Apache-2.0
DELETE FROM certificate_component WHERE certificate_id = :id
