/* SPDX-License-Identifier: Apache-2.0
 * Reading untrusted JSON: every error names the file, the item, what was found and what was wanted. */
#include <string.h>

#include "base/json_reader.h"
#include "tokenizer/state.h"
#include "tokenizer/steps.h"

bool hw_tok_json_want(const hw_tok_loader *loader, const char *where, const char *key, const json_t *found, const char *wanted) {
  return hw_fail(loader->err, HW_ERROR_INPUT, "%s: %s%s%s is %s, want %s", loader->path, where, *where && *key ? "." : "", key,
                 hw_json_type(found), wanted);
}

bool hw_tok_json_bool(const hw_tok_loader *loader, const json_t *object, const char *where, const char *key, bool *value) {
  const json_t *found = json_object_get(object, key);
  if (!found || json_is_null(found)) return true;
  if (!json_is_boolean(found)) return hw_tok_json_want(loader, where, key, found, "true or false");
  *value = json_is_true(found);
  return true;
}

bool hw_tok_json_string(const hw_tok_loader *loader, const json_t *object, const char *where, const char *key, bool required,
                        hw_tok_string *value) {
  const json_t *found = json_object_get(object, key);
  *value = (hw_tok_string){0};
  if (!required && (!found || json_is_null(found))) return true;
  if (!json_is_string(found)) return hw_tok_json_want(loader, where, key, found, "a string");
  *value = (hw_tok_string){json_string_value(found), json_string_length(found)};
  return true;
}

bool hw_tok_keep(hw_tok_loader *loader, hw_tok_string *value) {
  value->bytes = hw_arena_copy(&loader->tokenizer->memory, value->bytes, value->length, loader->err);
  return value->bytes != NULL;
}

bool hw_tok_no_settings(hw_tok_loader *loader, const json_t *json, const char *where, void **data) {
  (void)loader, (void)json, (void)where, (void)data;
  return true;
}

static bool unknown_kind(hw_tok_loader *loader, const hw_tok_stage *stage, const char *where, const char *name) {
  hw_buffer known;
  hw_buffer_init(&known);
  for (size_t i = 0; i < stage->n_kinds; i++) hw_buffer_printf(&known, "%s, ", stage->kinds[i].name);
  hw_buffer_append_string(&known, "Sequence");
  hw_fail(loader->err, HW_ERROR_UNSUPPORTED, "%s: %s has type %s, which is not supported (known: %s)", loader->path, where, name,
          known.data ? known.data : "");
  hw_buffer_fini(&known);
  return false;
}

static bool add_step(hw_tok_loader *loader, const json_t *json, const hw_tok_stage *stage, const char *where, int depth,
                     hw_tok_steps *steps) {
  enum { DEEPEST = 8 };
  hw_tok_string type;
  if (!json_is_object(json)) return hw_tok_json_want(loader, where, "", json, "an object or null");
  if (!hw_tok_json_string(loader, json, where, "type", true, &type)) return false;
  if (strcmp(type.bytes, "Sequence") == 0) {
    const json_t *children = json_object_get(json, stage->children);
    if (!json_is_array(children)) return hw_tok_json_want(loader, where, stage->children, children, "an array");
    if (depth == DEEPEST) return hw_fail(loader->err, HW_ERROR_INPUT, "%s: %s is nested too deeply", loader->path, where);
    for (size_t i = 0; i < json_array_size(children); i++) {
      char child[128];
      (void)snprintf(child, sizeof child, "%.*s.%s[%zu]", 64, where, stage->children, i);
      if (!add_step(loader, json_array_get(children, i), stage, child, depth + 1, steps)) return false;
    }
    return true;
  }
  for (size_t i = 0; i < stage->n_kinds; i++) {
    const hw_tok_kind *kind = &stage->kinds[i];
    if (strcmp(kind->name, type.bytes) != 0) continue;
    if (steps->n == HW_TOK_MAX_STEPS)
      return hw_fail(loader->err, HW_ERROR_UNSUPPORTED, "%s: %s has more than %d steps", loader->path, stage->title, HW_TOK_MAX_STEPS);
    hw_tok_step *step = &steps->items[steps->n++];
    *step = (hw_tok_step){.kind = kind};
    return kind->parse(loader, json, where, &step->data);
  }
  return unknown_kind(loader, stage, where, type.bytes);
}

bool hw_tok_json_steps(hw_tok_loader *loader, const json_t *root, const hw_tok_stage *stage, hw_tok_steps *steps) {
  const json_t *json = json_object_get(root, stage->title);
  return !json || json_is_null(json) || add_step(loader, json, stage, stage->title, 0, steps);
}
