/* SPDX-License-Identifier: Apache-2.0
 * Part of test_dataset.c: files that could be read in two ways. */
#ifndef HW_TESTS_DATASET_CHOICE_TESTS_H
#define HW_TESTS_DATASET_CHOICE_TESTS_H

TEST(an_object_with_two_lists_of_prompts_is_refused) {
  READS("dup.json", "{\"prompts\": [\"alpha beta\"], \"prompts\": [\"gamma\", \"delta\"]}",
        "ERROR dup.json: the object has 2 members \"prompts\", want one\n");
  READS("dup.json", "{\"prompts\": 1, \"n\": [2], \"prompts\": [\"a\"]}", "ERROR dup.json: the object has 2 members \"prompts\", want one\n");
  READS("dup.json", "{\"data\": [\"a\"], \"data\": [\"b\"]}",
        "ERROR dup.json: no prompts: none of the rows can be read; line 1: not a JSON object: duplicate object key near '\"data\"'\n");
  READS("one.json", "{\"n\": [1], \"prompts\": [\"a\"], \"n\": [2]}", "0:1 prompt=[a]\n");
}

TEST(the_first_known_name_wins_in_any_case) {
  READS("case.csv", "Prompt,Answer,target\np,a,t\n", "0:2 prompt=[p] answer=[a] +target=[t]\n");
  READS("case.csv", "text,PROMPT\nt,p\n", "0:2 prompt=[p] +text=[t]\n");
  READS("case.csv", "Prompt,prompt,Target,target\nP,p,T,t\n", "0:2 prompt=[p] answer=[t] +Prompt=[P] +Target=[T]\n");
  READS("case.csv", "prompt,TARGET,Foil,patch_answer\np,t,f,g\n", "0:2 prompt=[p] answer=[t] foil=[f] +patch_answer=[g]\n");
}

#endif
