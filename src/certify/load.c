/* SPDX-License-Identifier: Apache-2.0
 * Prompts of a database as certificates need them: token ids, the counterfactual, answer and foil, and the stored routes. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/list.h"
#include "certify/certify.h"
#include "codec/codec.h"
#include "graph/keys.h"
#include "headwater/relevance.h"
#include "store/checked.h"

static bool read_items(hw_statement *s, hw_certify_item **items, size_t *n, int64_t *n_there, hw_error *err) {
  size_t capacity = 0;
  bool row = false, ok;
  while ((ok = hw_statement_step(s, &row, err)) && row) {
    hw_checked_row checked = {s, "prompt", hw_column_integer(s, 0), err};
    hw_certify_item item = {.counterfactual = -1};
    if (!hw_checked_integer(&checked, 0, 0, HW_MAX_PROMPT, &item.prompt_id) || !hw_checked_u32(&checked, 1, 0, UINT32_MAX, &item.group_id) ||
        !hw_checked_u32(&checked, 2, 1, HW_MAX_TOKENS, &item.n_tokens))
      return false;
    if (!hw_column_is_null(s, 3) && (!hw_checked_integer(&checked, 3, 0, HW_MAX_PROMPT, &item.counterfactual) || !hw_checked_u32(&checked, 4, 1, HW_MAX_TOKENS, &item.n_counterfactual))) return false;
    if (*n && (*items)[*n - 1].prompt_id == item.prompt_id) return hw_checked_fail(&checked, "it has two counterfactuals, want one");
    if (hw_column_integer(s, 5)) {
      (*n_there)++;
      continue;
    }
    if (!hw_list_reserve(*items, *n, 1, capacity, NULL, err)) return false;
    (*items)[(*n)++] = item;
  }
  return ok;
}

static bool list(hw_certifying *c, bool all, int64_t most, hw_certify_item **items, size_t *n, int64_t *n_there, hw_error *err) {
  hw_statement s;
  *items = NULL;
  *n = 0;
  *n_there = 0;
  bool ok = hw_statement_open(&s, c->store, all ? "certify/select_all.sql" : "certify/select_prompts.sql", err);
  if (ok && !all) hw_bind_integer(&s, ":certificate_id", c->certificate_id);
  if (ok && !all) hw_bind_integer(&s, ":renews", c->renews);
  if (ok) hw_bind_integer(&s, ":most", most ? most : -1);
  ok = ok && read_items(&s, items, n, n_there, err);
  hw_statement_close(&s);
  return ok;
}

bool hw_certify_list(hw_certifying *c, hw_certify_item **items, size_t *n, int64_t *n_there, hw_error *err) {
  return list(c, c->certificate_id == 0, c->settings->limit, items, n, n_there, err);
}

bool hw_certify_list_all(hw_certifying *c, hw_certify_item **items, size_t *n, hw_error *err) {
  int64_t n_there;
  return list(c, true, 0, items, n, &n_there, err);
}

/* Token ids of a stored prompt; row: of certify/select_prompt.sql. */
static bool read_ids(hw_certifier *w, const hw_checked_row *row, uint32_t n_tokens, int32_t **ids) {
  size_t length, n;
  hw_error why = {0};
  const void *bytes = hw_column_blob(row->s, 0, &length);
  const hw_model *model = w->shared->model;
  if (!hw_decode_tokens(bytes, length, &w->arena, ids, &n, &why) || !hw_model_check_ids(model, *ids, n, &why)) return hw_checked_fail(row, why.message);
  return n == n_tokens || hw_fail(w->err, HW_ERROR_INPUT, "%s: table prompt, row %" PRId64 ": %zu tokens, n_tokens says %u", w->shared->store->path, row->row, n, n_tokens);
}

static bool read_token(const hw_certifier *w, const hw_checked_row *row, int column, int32_t *token) {
  int64_t id = -1;
  if (!hw_column_is_null(row->s, column) && !hw_checked_integer(row, column, 0, w->shared->model->config.vocab_out - 1, &id)) return false;
  *token = (int32_t)id;
  return true;
}

static bool read_tokens(hw_certifier *w, int64_t prompt_id, uint32_t n_tokens, int32_t **ids, int32_t *answer, int32_t *foil) {
  hw_statement *s = hw_store_statement(w->shared->store, "certify/select_prompt.sql", w->err);
  if (!s) return false;
  hw_bind_integer(s, ":prompt_id", prompt_id);
  bool row, ok = hw_statement_step(s, &row, w->err);
  hw_checked_row checked = {s, "prompt", prompt_id, w->err};
  if (ok && !row) ok = hw_checked_fail(&checked, "it is gone");
  ok = ok && read_ids(w, &checked, n_tokens, ids) && (!answer || (read_token(w, &checked, 1, answer) && read_token(w, &checked, 2, foil)));
  hw_statement_reset(s);
  return ok;
}

/* The routes of the last position at the threshold, and importances of heads and FFNs as scores. */
static bool read_routes(hw_certifier *w, hw_certified_prompt *p) {
  hw_certifying *c = w->shared;
  hw_graph_record record;
  bool found;
  size_t n_heads = c->info.n_heads;
  if (!hw_store_read_graph(c->store, &c->info, p->item->prompt_id, (int64_t)p->item->n_tokens - 1, c->threshold, &w->arena, &found, &record, w->err)) return false;
  if (!found) {
    p->reason = "no routes of its last position are stored";
    return true;
  }
  if (p->answer < 0) p->answer = record.predicted_id;
  if (p->answer >= c->model->config.vocab_out) return hw_fail(w->err, HW_ERROR_INPUT, "%s: table graph_info: the predicted token %d of prompt %" PRId64 " is outside of the vocabulary", c->store->path, p->answer, p->item->prompt_id);
  p->routes = hw_arena_new(&w->arena, hw_ablated_part, record.graph->n_edges, w->err);
  p->scores = hw_arena_znew(&w->arena, double, c->n_components, w->err);
  if (!p->routes || !p->scores) return false;
  for (size_t i = 0; i < record.graph->n_edges; i++) {
    const hw_part *part = &record.graph->edges[i].part;
    if (part->kind != HW_PART_ATTENTION && part->kind != HW_PART_FFN) continue;
    bool ffn = part->kind == HW_PART_FFN;
    p->routes[p->n_routes++] = (hw_ablated_part){part->layer, ffn ? HW_ABLATED_FFN : part->head, part->target, part->source};
    double *score = &p->scores[part->layer * (n_heads + 1) + n_heads];
    if (ffn && part->importance / HW_MICRO > *score) *score = part->importance / HW_MICRO;
  }
  for (size_t i = 0; i < record.graph->n_heads; i++) {
    const hw_head_row *head = &record.graph->heads[i];
    p->scores[head->layer * (n_heads + 1) + head->head] = head->importance / HW_MICRO;
  }
  return true;
}

bool hw_certify_read(hw_certifier *w, const hw_certify_item *items, size_t n, bool with_routes) {
  hw_certifying *c = w->shared;
  w->prompts = hw_arena_znew(&w->arena, hw_certified_prompt, n, w->err);
  w->n_prompts = n;
  if (!w->prompts) return false;
  for (size_t i = 0; i < n; i++) {
    hw_certified_prompt *p = &w->prompts[i];
    p->item = &items[i];
    p->m_reference = (double)NAN;
    if (!read_tokens(w, items[i].prompt_id, items[i].n_tokens, &p->ids, &p->answer, &p->foil)) return false;
    if (c->with_reference && items[i].counterfactual >= 0 && !read_tokens(w, items[i].counterfactual, items[i].n_counterfactual, &p->reference, NULL, NULL)) return false;
    if (with_routes && c->settings->graph == HW_CERTIFY_ROUTES && !read_routes(w, p)) return false;
    if (p->answer >= 0 && p->answer == p->foil) p->reason = HW_REASON_SAME_TOKEN;
  }
  return true;
}
