-- SPDX-License-Identifier: Apache-2.0
DELETE FROM knockout WHERE certificate_id = :id
