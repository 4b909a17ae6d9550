/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "store/checked.h"
#include "store/relevance.h"

/* NULL is NaN. */
static bool take_margin(const hw_checked_row *row, int column, double *value) {
  *value = NAN;
  return hw_column_is_null(row->s, column) || hw_checked_real(row, column, -1e300, 1e300, value);
}

static const char *misfit(const hw_run_info *info, const hw_prompt_record *prompt, const hw_blob_info *blob, const hw_relevance_record *record) {
  const hw_relevance_rows *rows = record->rows;
  if (blob->prompt_id != prompt->prompt_id || blob->frame.n_tokens != prompt->n_tokens || blob->frame.target + 1 != prompt->n_tokens)
    return "its parts are of another prompt";
  if (rows->n_layers != info->n_layers || rows->n_heads != info->n_heads) return "its parts are of another model";
  if (rows->contrast != record->contrast) return "its parts are of another mode";
  if (!(record->m == rows->m) || !(record->contrast ? record->m_reference == rows->m_reference : isnan(record->m_reference))) return "m and m_reference are not those of its parts";
  for (size_t i = 0; i < rows->n_neurons; i++)
    if (rows->neurons[i].neuron >= info->d_ffn) return "a neuron that the model has not";
  return NULL;
}

static bool take_relevance(const hw_statement *s, const hw_run_info *info, const hw_prompt_record *prompt, hw_arena *arena, hw_relevance_record *record,
                           hw_error *err) {
  hw_checked_row row = {s, "relevance", prompt->prompt_id, err};
  const char *mode;
  size_t length;
  hw_blob_info blob;
  hw_error why = {0};
  if (!hw_checked_copy(&row, 0, arena, &mode, &length) || !take_margin(&row, 1, &record->m) || !take_margin(&row, 2, &record->m_reference)) return false;
  record->contrast = strcmp(mode, hw_relevance_mode_names[1]) == 0;
  if (!record->contrast && strcmp(mode, hw_relevance_mode_names[0]) != 0) return hw_checked_fail(&row, "its mode is neither answer nor contrast");
  if (hw_column_is_null(s, 4)) return hw_checked_copy(&row, 3, arena, &record->reason, &length);
  hw_relevance_rows *rows = hw_arena_new(arena, hw_relevance_rows, 1, err);
  if (!rows) return false;
  const void *bytes = hw_column_blob(s, 4, &length);
  if (!hw_decode_relevance(bytes, length, arena, &blob, rows, &why)) {
    hw_checked_fail(&row, why.message);
    if (err) err->kind = why.kind;
    return false;
  }
  record->rows = rows;
  const char *problem = misfit(info, prompt, &blob, record);
  return !problem || hw_checked_fail(&row, problem);
}

bool hw_relevance_read(hw_store *store, const hw_run_info *info, hw_prompt_record *prompt, hw_arena *arena, hw_error *err) {
  hw_relevance_record *records = hw_arena_znew(arena, hw_relevance_record, HW_MOST_RELEVANCES, err);
  hw_statement *s = records ? hw_store_statement(store, "reader/relevance.sql", err) : NULL;
  if (!s) return false;
  hw_bind_integer(s, ":prompt", prompt->prompt_id);
  bool row, ok = true;
  size_t n = 0;
  while (ok && (ok = hw_statement_step(s, &row, err)) && row) {
    if (n == HW_MOST_RELEVANCES) ok = hw_fail(err, HW_ERROR_INPUT, "%s: table relevance, row %" PRId64 ": a prompt has more than one row of a mode", store->path, prompt->prompt_id);
    else ok = take_relevance(s, info, prompt, arena, &records[n++], err);
  }
  hw_statement_reset(s);
  prompt->relevances = records;
  prompt->n_relevances = n;
  return ok;
}
