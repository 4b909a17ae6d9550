/* SPDX-License-Identifier: Apache-2.0
 * The groups of families, looked up by model_type. */
#include "model/families.h"

#include <string.h>

const char *const hw_nothing_ignored[] = {NULL};
const char *const hw_rotary_buffers[] = {".rotary_emb.inv_freq", NULL};

static const hw_family *const *const groups[] = {hw_gpt_families, hw_llama_families, hw_parallel_families};

/* Row `index` of all groups, variants among them; NULL past the last. */
static const hw_family *row_at(size_t index) {
  for (size_t g = 0; g < COUNT_OF(groups); g++)
    for (const hw_family *const *row = groups[g]; *row; row++)
      if (index-- == 0) return *row;
  return NULL;
}

const char *hw_family_name(size_t index) {
  const hw_family *row;
  for (size_t i = 0; (row = row_at(i)) != NULL; i++)
    if (!row->when[0].key && index-- == 0) return row->model_type;
  return NULL;
}

static bool holds(const hw_family *row, const json_t *config) {
  for (size_t i = 0; i < HW_MOST_CONDITIONS && row->when[i].key; i++) {
    json_t *wanted = json_loads(row->when[i].value, JSON_DECODE_ANY, NULL);
    bool equal = json_equal(json_object_get(config, row->when[i].key), wanted) != 0;
    json_decref(wanted);
    if (!equal) return false;
  }
  return true;
}

const hw_family *hw_family_find(const char *model_type, const json_t *config) {
  const hw_family *row;
  for (size_t i = 0; (row = row_at(i)) != NULL; i++)
    if (strcmp(row->model_type, model_type) == 0 && holds(row, config)) return row;
  return NULL;
}
