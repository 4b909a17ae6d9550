/* SPDX-License-Identifier: Apache-2.0
 * hw_relevance(parts, threshold): what an answer hangs on, as rows. Parts and neurons are those of the graph at the threshold; sums over
 * positions (head, ffn_total), tokens and biases do not depend on it. */
#include "base/number.h"
#include "functions/functions.h"

enum { NONE = -1, MOST_KINDS = 8 };
typedef enum row_kind { PART_FFN, PART_ATTENTION, PART_QUERY, ROW_NEURON, ROW_HEAD, ROW_FFN_TOTAL, ROW_TOKEN, ROW_BIAS } row_kind;
static const char *const kind_names[MOST_KINDS] = {"ffn", "attention", "query", "neuron", "head", "ffn_total", "token", "bias"};

struct hw_relevance_row {
  row_kind kind;
  int64_t layer, head, neuron, source, target; /* NONE: NULL */
  int64_t r, value, key, query;
};

typedef struct row_list {
  struct hw_relevance_row *rows;
  size_t n;
} row_list;

static void add_row(row_list *list, struct hw_relevance_row row) { list->rows[list->n++] = row; }

/* The parts above the threshold, each FFN part with its neurons behind it. */
static void list_parts(const hw_relevance_rows *r, double threshold, row_list *list) {
  size_t next = 0;
  for (size_t i = 0; i < r->n_parts; i++) {
    const hw_relevance_part *part = &r->parts[i];
    bool wanted = hw_relevance_is_above(r, part->r, threshold), ffn = part->kind == HW_RELEVANCE_FFN;
    if (wanted)
      add_row(list, (struct hw_relevance_row){.kind = (row_kind)part->kind, .layer = part->layer, .head = ffn ? NONE : part->head, .neuron = NONE,
                                              .source = part->source, .target = part->target, .r = part->r, .value = part->value, .key = part->key});
    for (; ffn && next < r->n_neurons && r->neurons[next].layer == part->layer && r->neurons[next].position == part->target; next++)
      if (wanted)
        add_row(list, (struct hw_relevance_row){.kind = ROW_NEURON, .layer = part->layer, .head = NONE, .neuron = r->neurons[next].neuron,
                                                .source = part->source, .target = part->target, .r = r->neurons[next].r});
  }
}

static void list_sums(const hw_relevance_rows *r, row_list *list) {
  struct hw_relevance_row row = {.kind = ROW_HEAD, .neuron = NONE, .source = NONE, .target = NONE};
  for (size_t i = 0; i < r->n_layers * r->n_heads; i++) {
    row.layer = (int64_t)(i / r->n_heads);
    row.head = (int64_t)(i % r->n_heads);
    row.r = r->heads[i];
    if (r->contrast) {
      row.value = r->value[i];
      row.key = r->key[i];
      row.query = r->query[i];
    }
    add_row(list, row);
  }
  for (size_t l = 0; l < r->n_layers; l++)
    add_row(list, (struct hw_relevance_row){.kind = ROW_FFN_TOTAL, .layer = (int64_t)l, .head = NONE, .neuron = NONE, .source = NONE, .target = NONE, .r = r->ffn[l]});
  for (size_t i = 0; i < r->n_tokens; i++)
    add_row(list, (struct hw_relevance_row){.kind = ROW_TOKEN, .layer = NONE, .head = NONE, .neuron = NONE, .source = (int64_t)i, .target = NONE, .r = r->tokens[i]});
  if (!r->contrast)
    add_row(list, (struct hw_relevance_row){.kind = ROW_BIAS, .layer = NONE, .head = NONE, .neuron = NONE, .source = NONE, .target = NONE, .r = r->biases});
}

bool hw_fill_relevance(hw_rows *rows, const void *bytes, size_t length, double threshold, hw_error *err) {
  const hw_relevance_rows *r = &rows->relevance;
  if (!hw_decode_relevance(bytes, length, &rows->arena, &rows->info, &rows->relevance, err) || !hw_rows_check_threshold(rows, &threshold, err)) return false;
  row_list list = {.rows = hw_arena_new(&rows->arena, struct hw_relevance_row, r->n_parts + r->n_neurons + r->n_layers * (r->n_heads + 1) + r->n_tokens + 1, err)};
  if (!list.rows) return false;
  list_parts(r, threshold, &list);
  list_sums(r, &list);
  rows->relevance_rows = list.rows;
  rows->n = list.n;
  return true;
}

void hw_relevance_column(sqlite3_context *context, const hw_rows *rows, size_t row, int column) {
  const struct hw_relevance_row *x = &rows->relevance_rows[row];
  const int64_t places[] = {x->layer, x->head, x->neuron, x->source, x->target}, amounts[] = {x->value, x->key, x->query};
  bool by_way = rows->relevance.contrast && (x->kind == ROW_HEAD || (x->kind == PART_ATTENTION && column < 10));
  if (column == 0) sqlite3_result_text(context, kind_names[x->kind], -1, SQLITE_STATIC);
  else if (column <= 5 && places[column - 1] != NONE) sqlite3_result_int64(context, places[column - 1]);
  else if (column == 6) sqlite3_result_double(context, (double)x->r / HW_MICRO);
  else if (column == 7) sqlite3_result_double(context, hw_relevance_share(&rows->relevance, x->r));
  else if (column >= 8 && by_way) sqlite3_result_double(context, (double)amounts[column - 8] / HW_MICRO);
}
