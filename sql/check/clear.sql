-- SPDX-License-Identifier: Apache-2.0
-- What was made of a chunk and is compared; its sums stay.
DELETE FROM item_graph;
DELETE FROM answer_lens;
DELETE FROM answer;
DELETE FROM prompt_value;
DELETE FROM graph_info;
DELETE FROM graph;
DELETE FROM failed;
DELETE FROM prompt;
DELETE FROM chunk
