-- SPDX-License-Identifier: Apache-2.0
SELECT count(*) FROM prompt_group
