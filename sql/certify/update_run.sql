-- SPDX-License-Identifier: Apache-2.0
UPDATE certificate_run SET n_prompts = :n_prompts, complete = (SELECT count(*) FROM prompt WHERE counterfactual_of IS NULL)
  = (SELECT count(*) FROM certificate c WHERE c.certificate_id = :certificate_id)
WHERE certificate_id = :certificate_id
