-- SPDX-License-Identifier: Apache-2.0
SELECT kind = 'ffn', layer, number, sum FROM certificate_component WHERE certificate_id = :certificate_id
