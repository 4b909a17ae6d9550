-- SPDX-License-Identifier: Apache-2.0
SELECT roles FROM prompt WHERE prompt_id = :prompt_id
