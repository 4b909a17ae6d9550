/* SPDX-License-Identifier: Apache-2.0
 * The groups of families, looked up by model_type. */
#include "model/config.h"
#include "model/families.h"

#include <stdio.h>
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

static bool holds(const hw_family *row, const json_t *config, bool *all, hw_error *err) {
  *all = true;
  for (size_t i = 0; *all && i < HW_MOST_CONDITIONS && row->when[i].key; i++)
    if (!hw_config_value_is(json_object_get(config, row->when[i].key), row->when[i].value, false, all, err)) return false;
  return true;
}

/* The letters that a model_type begins with: "gemma" of "gemma3_text". */
static size_t stem_length(const char *name) {
  size_t n = 0;
  while ((name[n] >= 'a' && name[n] <= 'z') || (name[n] >= 'A' && name[n] <= 'Z')) n++;
  return n;
}

hw_suggestion hw_family_suggest(const char *model_type) {
  enum { MOST_FAMILIES = 128, SHOWN = 4 };
  const char *names[MOST_FAMILIES], *name;
  hw_suggestion suggestion = {""};
  size_t n = 0, shown = 0, length = 0, stem = stem_length(model_type);
  for (; n < MOST_FAMILIES && (name = hw_family_name(n)) != NULL; n++) {
    names[n] = name;
    if (shown == SHOWN || stem == 0 || stem_length(name) != stem || memcmp(name, model_type, stem) != 0) continue;
    int added = snprintf(suggestion.text + length, sizeof suggestion.text - length, "%s%s", shown++ ? ", " : " (did you mean ", name);
    length += added > 0 ? (size_t)added : 0;
    if (length + 3 > sizeof suggestion.text) return (hw_suggestion){""};
  }
  if (shown == 0) return hw_suggest(model_type, "", names, n);
  memcpy(suggestion.text + length, "?)", 3);
  return suggestion;
}

bool hw_family_find(const char *model_type, const json_t *config, const hw_family **found, hw_error *err) {
  const hw_family *row;
  bool all = false;
  *found = NULL;
  for (size_t i = 0; !all && (row = row_at(i)) != NULL; i++) {
    if (strcmp(row->model_type, model_type) != 0) continue;
    if (!holds(row, config, &all, err)) return false;
    if (all) *found = row;
  }
  return true;
}
