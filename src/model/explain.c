/* SPDX-License-Identifier: Apache-2.0
 * What of a weights file is which weight, as text. */
#include <inttypes.h>
#include <string.h>

#include "base/model_folder.h"
#include "model/describe.h"
#include "model/lookup.h"
#include "weights/weights.h"

typedef struct explainer {
  hw_lookup lookup;
  hw_buffer *out;
  size_t n_complaints;
} explainer;

typedef enum state { FOUND, ABSENT, MISSING, WRONG } state;

/* The problem of one tensor, as text. */
static state examine_item(const explainer *e, hw_weight weight, const hw_weight_row *row, int64_t layer, int64_t item, hw_buffer *text) {
  char name[HW_NAME_SIZE];
  int64_t shape[3];
  hw_lookup_name(&e->lookup, row, layer, item, name);
  hw_tensor *tensor = hw_weights_find(e->lookup.weights, name);
  char has[96], want[96];
  hw_shape_format(shape, hw_lookup_shape(&e->lookup, weight, shape), want);
  if (!tensor) {
    bool optional = hw_lookup_may_lack(&e->lookup, weight, row);
    hw_buffer_printf(text, optional ? "none, which is allowed" : "MISSING, want %s", want);
    return optional ? ABSENT : MISSING;
  }
  hw_error err = {0};
  hw_shape_format(tensor->shape, tensor->n_dims, has);
  if (hw_lookup_find(&e->lookup, weight, layer, item, &tensor, &err)) {
    hw_buffer_printf(text, "%s %s", has, tensor->dtype_name);
    return FOUND;
  }
  tensor = hw_weights_find(e->lookup.weights, name);
  tensor->used = true; /* reported here, so not again as left over */
  if (!hw_lookup_asked(&e->lookup, row))
    hw_buffer_append_string(text, "NOT EXPECTED: config.json says that there is none");
  else
    hw_buffer_printf(text, "WRONG: %s %s, want %s", has, tensor->dtype_name, want);
  return WRONG;
}

/* The same of all tensors of a layer's weight: the first problem, or what the last one is. Layers with the same text share one line. */
static state examine(const explainer *e, hw_weight weight, const hw_weight_row *row, int64_t layer, hw_buffer *text) {
  state worst = ABSENT;
  for (int64_t item = 0; item < hw_lookup_items(&e->lookup, row) && worst < MISSING; item++) {
    hw_buffer_reset(text);
    worst = examine_item(e, weight, row, layer, item, text);
  }
  return worst;
}

static void tell(explainer *e, hw_weight weight, const hw_weight_row *row, int64_t first, int64_t last, const hw_buffer *text) {
  const char *name = row->name[0] == '=' ? row->name + 1 : row->name;
  hw_buffer_printf(e->out, "  %-19s %s%s%s", hw_weight_shapes[weight].name, e->lookup.wrapper, row->name[0] == '=' ? "" : e->lookup.prefix, name);
  if (hw_weight_is_layered(row) && first == last) hw_buffer_printf(e->out, " in layer %" PRId64, first);
  if (hw_weight_is_layered(row) && first != last) hw_buffer_printf(e->out, " in layers %" PRId64 " to %" PRId64, first, last);
  hw_buffer_printf(e->out, ": %s\n", text->failed || !text->data ? "?" : text->data);
}

static bool same_text(const hw_buffer *a, const hw_buffer *b) {
  return a->length == b->length && (a->length == 0 || memcmp(a->data, b->data, a->length) == 0);
}

static void explain_weight(explainer *e, hw_weight weight, const hw_weight_row *row) {
  int64_t n = hw_weight_is_layered(row) ? e->lookup.config->n_layers : 1, first = 0;
  hw_buffer run, next;
  hw_buffer_init(&run);
  hw_buffer_init(&next);
  for (int64_t l = 0; l < n; l++) {
    hw_buffer_reset(&next);
    e->n_complaints += examine(e, weight, row, l, &next) >= MISSING;
    if (l && !same_text(&run, &next)) {
      tell(e, weight, row, first, l - 1, &run);
      first = l;
    }
    hw_buffer swap = run;
    run = next;
    next = swap;
  }
  tell(e, weight, row, first, n - 1, &run);
  hw_buffer_fini(&run);
  hw_buffer_fini(&next);
}

static void explain_file(explainer *e) {
  for (size_t w = 0; w < HW_N_WEIGHTS; w++) {
    const hw_weight_row *row = hw_family_weight(e->lookup.family, (hw_weight)w);
    if (row) explain_weight(e, (hw_weight)w, row);
  }
  for (size_t i = 0; i < e->lookup.weights->n_tensors; i++) {
    const hw_tensor *tensor = &e->lookup.weights->tensors[i];
    char has[96];
    if (tensor->used) continue;
    hw_shape_format(tensor->shape, tensor->n_dims, has);
    bool ignored = hw_lookup_ignores(&e->lookup, tensor->name);
    e->n_complaints += !ignored;
    hw_buffer_printf(e->out, "  %-19s %s: %s %s\n", ignored ? "(left alone)" : "NO PLACE", tensor->name, has, tensor->dtype_name);
  }
}

bool hw_model_explain(const char *folder, const char *architecture, hw_buffer *out, bool *whole, hw_error *err) {
  hw_arena arena;
  hw_model_config config;
  const hw_family *family;
  hw_weights weights;
  hw_model_folder found;
  *whole = false;
  if (!hw_model_folder_find(folder, &found, err)) return false;
  hw_arena_init(&arena);
  bool ok = hw_config_load(found.path, found.file, architecture, &arena, &config, &family, err) && hw_weights_open(found.path, found.file, &weights, err);
  bool opened = ok;
  ok = ok && hw_weights_find_scales(&weights, config.quantized ? config.scale_block : NULL, err);
  if (ok) {
    explainer e = {.lookup = hw_lookup_start(&config, family, &weights), .out = out};
    hw_error absent;
    explain_file(&e);
    if (!hw_lookup_check_absent(&e.lookup, &absent)) {
      hw_buffer_printf(out, "  %-19s %s\n", "NOT THERE", absent.message);
      e.n_complaints++;
    }
    *whole = e.n_complaints == 0;
  }
  if (opened) hw_weights_close(&weights);
  hw_arena_fini(&arena);
  hw_model_folder_fini(&found);
  return ok;
}
