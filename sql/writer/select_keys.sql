-- SPDX-License-Identifier: Apache-2.0
SELECT DISTINCT key FROM prompt_value
