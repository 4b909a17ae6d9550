/* SPDX-License-Identifier: Apache-2.0
 * What the answer of a trace depends on, as the JSON of the end point `relevance`. */
#include <inttypes.h>
#include <math.h>

#include "base/number.h"
#include "graph/relevance_list.h"
#include "web/live_json.h"

static void put_micro(hw_json *json, int64_t micro) { hw_json_double(json, (double)micro / HW_MICRO); }

static void put_row(hw_json *json, const hw_relevance_rows *of, const hw_relevance_row *row) {
  hw_json_begin_array(json);
  hw_json_string(json, hw_relevance_row_names[row->kind]);
  for (int i = 0; i < HW_RELEVANCE_PLACES; i++) {
    if (row->places[i] >= 0) hw_json_int(json, row->places[i]);
    else hw_json_null(json);
  }
  put_micro(json, row->r);
  hw_json_double(json, hw_relevance_share(of, row->r));
  for (int i = 0; i < HW_RELEVANCE_WAYS; i++) {
    if (i < row->n_ways) put_micro(json, row->ways[i]);
    else hw_json_null(json);
  }
  hw_json_end_array(json);
}

static void put_rows(hw_json *json, const hw_relevance_rows *of, const hw_relevance_row *rows, size_t n) {
  static const char *const columns[] = {"kind", "layer", "head", "neuron", "source", "target", "r", "share", "value", "key", "query"};
  hw_json_key(json, "columns");
  hw_json_begin_array(json);
  for (size_t i = 0; i < sizeof columns / sizeof *columns; i++) hw_json_string(json, columns[i]);
  hw_json_end_array(json);
  hw_json_key(json, "rows");
  hw_json_begin_array(json);
  for (size_t i = 0; i < n; i++) put_row(json, of, &rows[i]);
  hw_json_end_array(json);
}

static void put_token(hw_json *json, const char *key, const hw_tokenizer *tokenizer, int32_t id) {
  hw_json_key(json, key);
  if (id >= 0) hw_live_put_piece(json, tokenizer, id);
  else hw_json_null(json);
}

static void put_id_option(hw_json *json, const char *option, int32_t id) {
  char text[16];
  (void)hw_snprintf(text, sizeof text, "%" PRId32, id);
  hw_json_string(json, option);
  hw_json_string(json, text);
}

/* The words of `trace` that ask the same again. */
static bool put_options(hw_json *json, const hw_live_relevance_view *of, const char *mode, hw_error *err) {
  hw_buffer ids;
  hw_json_key(json, "options");
  hw_json_begin_array(json);
  if (of->reason) { /* trace would ask another question */
    hw_json_end_array(json);
    return true;
  }
  hw_json_string(json, "--relevance");
  hw_json_string(json, mode);
  put_id_option(json, "--answer-token", of->asked->answer);
  if (of->asked->foil >= 0) put_id_option(json, "--foil-token", of->asked->foil);
  hw_buffer_init(&ids);
  for (size_t i = 0; of->kept.contrast && i < of->n_counterfactual; i++) hw_buffer_printf(&ids, "%s%" PRId32, i ? "," : "", of->counterfactual[i]);
  bool ok = hw_buffer_check(&ids, err);
  if (ok && ids.length) {
    hw_json_string(json, "--counterfactual-tokens");
    hw_json_bytes(json, ids.data, ids.length);
  }
  hw_buffer_fini(&ids);
  hw_json_end_array(json);
  return ok;
}

bool hw_live_put_relevance(const hw_live_relevance_view *of, hw_arena *arena, hw_buffer *out, hw_error *err) {
  const hw_relevance *found = of->kept.contrast ? &of->asked->by_contrast : &of->asked->by_answer;
  bool paired = of->kept.contrast && of->asked->reference != HW_NO_REFERENCE;
  const hw_relevance_rows *rounded = NULL;
  hw_relevance_row *rows = NULL;
  size_t n = 0;
  const char *reason = of->reason ? of->reason : found->reason;
  if (!reason && (!(rounded = hw_relevance_round(found, &of->kept, &of->model->config, of->n_tokens, arena, err)) ||
                  !hw_relevance_list(rounded, of->kept.floor, arena, &rows, &n, err)))
    return false;
  const char *mode = of->kept.contrast ? "contrast" : "answer";
  hw_json json;
  hw_json_init(&json, out);
  hw_json_begin_object(&json);
  hw_json_key_string(&json, "mode", mode);
  put_token(&json, "answer", of->tokenizer, of->asked->answer);
  put_token(&json, "foil", of->tokenizer, of->asked->foil);
  bool ok = put_options(&json, of, mode, err);
  hw_json_key_double(&json, "m", found->m);
  hw_json_key_double(&json, "m_reference", paired ? found->m_reference : NAN);
  hw_json_key_string(&json, "reason", reason);
  hw_json_key_double(&json, "threshold", of->kept.threshold);
  hw_json_key_double(&json, "floor", of->kept.floor);
  put_rows(&json, rounded, rows, n);
  hw_json_end_object(&json);
  return ok;
}
