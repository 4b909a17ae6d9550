-- SPDX-License-Identifier: Apache-2.0
-- How many rows of the lists of neurons are stored, as a text that changes with them.
SELECT json_array(count(*)) FROM neuron_token
