-- SPDX-License-Identifier: Apache-2.0
DELETE FROM knockout_pair WHERE certificate_id = :id
