-- SPDX-License-Identifier: Apache-2.0
UPDATE process SET prompts_done = prompts_done + :n WHERE process_id = :process_id
