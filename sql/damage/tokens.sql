-- SPDX-License-Identifier: Apache-2.0
SELECT prompt_id, tokens FROM main.prompt ORDER BY prompt_id
