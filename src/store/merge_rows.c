/* SPDX-License-Identifier: Apache-2.0 */
#include "store/merge_rows.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "headwater/buffer.h"

const hw_merge_table hw_merge_tables[] = {
    {"run", HW_MERGE_SAME, "writer/insert_run.sql", NULL},
    {"setting", HW_MERGE_SAME, "writer/insert_setting.sql", NULL},
    {"prompt_group", HW_MERGE_SAME, "writer/insert_prompt_group.sql", NULL},
    {"group_member", HW_MERGE_SAME, "writer/insert_group_member.sql", NULL},
    {"group_value", HW_MERGE_SAME, "writer/insert_group_value.sql", NULL},
    {"role", HW_MERGE_SAME, "writer/insert_role.sql", NULL},
    {"token", HW_MERGE_SAME, "writer/insert_token.sql", NULL},
    {"model_head", HW_MERGE_SAME, "writer/insert_head.sql", NULL},
    {"t_quantile", HW_MERGE_SAME, NULL, NULL}, /* the schema fills it */
    {"chunk", HW_MERGE_CHUNK, "writer/insert_chunk.sql", "chunk_id"},
    {"prompt", HW_MERGE_PROMPT, "writer/insert_prompt.sql", "prompt_id"},
    {"failed", HW_MERGE_PROMPT, "writer/insert_failed.sql", "prompt_id"},
    {"prompt_value", HW_MERGE_PROMPT, "writer/insert_value.sql", "prompt_id"},
    {"answer", HW_MERGE_PROMPT, "writer/insert_answer.sql", "prompt_id"},
    {"answer_lens", HW_MERGE_PROMPT, "writer/insert_lens.sql", "prompt_id"},
    {"graph", HW_MERGE_GRAPH, "writer/insert_graph.sql", "graph_id"},
    {"graph_info", HW_MERGE_GRAPH, "writer/insert_graph_info.sql", "graph_id"},
    {"relevance", HW_MERGE_GRAPH, "writer/insert_relevance.sql", "graph_id"},
    {"item_graph", HW_MERGE_ITEM, "writer/insert_item_graph.sql", "item_id"},
    {"agg_group", HW_MERGE_ADDED, "writer/add_group.sql", NULL},
    {"agg_head", HW_MERGE_ADDED, "writer/add_head.sql", NULL},
    {"agg_neuron", HW_MERGE_ADDED, "writer/add_neuron.sql", NULL},
    {"agg_item", HW_MERGE_ADDED, "writer/add_item.sql", NULL},
    {"agg_cluster", HW_MERGE_ADDED, "writer/add_cluster.sql", NULL},
    {"agg_role", HW_MERGE_ADDED, "writer/add_role.sql", NULL},
    {"agg_head_source", HW_MERGE_ADDED, "writer/add_head_source.sql", NULL},
    {"agg_answer", HW_MERGE_ADDED, "writer/add_answer.sql", NULL},
    {"agg_whole_answer", HW_MERGE_ADDED, "writer/add_whole_answer.sql", NULL},
    {"agg_relevance", HW_MERGE_ADDED, "writer/add_relevance.sql", NULL},
    {"neuron_token", HW_MERGE_EQUAL, "writer/insert_neuron_token.sql", NULL},
    {"process", HW_MERGE_PROCESS, "writer/insert_process.sql", NULL},
    {"process_stage", HW_MERGE_STAGE, "profile/insert_stage.sql", NULL},
    {"mining", HW_MERGE_AGAIN, NULL, NULL},
    {"circuit", HW_MERGE_AGAIN, NULL, NULL},
    {"circuit_edge", HW_MERGE_AGAIN, NULL, NULL},
    {"circuit_group", HW_MERGE_AGAIN, NULL, NULL},
    {"circuit_break", HW_MERGE_AGAIN, NULL, NULL},
    {"comparison", HW_MERGE_AGAIN, NULL, NULL},
    {"comparison_component", HW_MERGE_AGAIN, NULL, NULL},
    {"certificate_run", HW_MERGE_AGAIN, NULL, NULL},
    {"certificate", HW_MERGE_AGAIN, NULL, NULL},
    {"certificate_component", HW_MERGE_AGAIN, NULL, NULL},
    {"certificate_curve", HW_MERGE_AGAIN, NULL, NULL},
    {"knockout", HW_MERGE_AGAIN, NULL, NULL},
    {"knockout_pair", HW_MERGE_AGAIN, NULL, NULL},
};
const size_t hw_n_merge_tables = sizeof hw_merge_tables / sizeof *hw_merge_tables;

const hw_merge_table *hw_merge_find(const char *name) {
  for (size_t i = 0; i < hw_n_merge_tables; i++)
    if (strcmp(hw_merge_tables[i].name, name) == 0) return &hw_merge_tables[i];
  return NULL;
}

/* Opens the statement whose text sql/FILE puts together for the table. key: NULL where the file has no such parameter, "" for none. */
static bool open_made(hw_statement *s, hw_store *store, const char *file, const char *table, const char *key, hw_error *err) {
  hw_statement maker;
  *s = (hw_statement){0};
  bool row, ok = hw_statement_open(&maker, store, file, err);
  if (ok) {
    hw_bind_string(&maker, ":table", table);
    if (key && *key) hw_bind_string(&maker, ":key", key);
    else if (key) hw_bind_null(&maker, ":key");
    ok = hw_statement_step(&maker, &row, err);
    const char *text = ok && row ? hw_column_text(&maker, 0) : NULL;
    if (ok && !text) ok = hw_fail(err, HW_ERROR_INPUT, "%s: has no table %s", store->path, table);
    ok = ok && hw_statement_open_text(s, store, file, text, err);
  }
  hw_statement_close(&maker);
  return ok;
}

bool hw_merge_rows_open(hw_merge_rows *rows, hw_store *store, const hw_merge_table *table, bool by_key, hw_arena *arena, hw_error *err) {
  *rows = (hw_merge_rows){.table = table};
  if (!open_made(&rows->s, store, "merge/select.sql", table->name, by_key ? table->key : "", err)) return false;
  rows->n = sqlite3_column_count(rows->s.sqlite);
  if (!(rows->parameters = hw_arena_new(arena, const char *, (size_t)rows->n, err))) return false;
  for (int c = 0; c < rows->n; c++) {
    const char *name = sqlite3_column_name(rows->s.sqlite, c);
    char *parameter = name ? hw_arena_new(arena, char, strlen(name) + 2, err) : NULL;
    if (!parameter) return hw_fail_memory(err, "the columns of a table");
    (void)snprintf(parameter, strlen(name) + 2, ":%s", name);
    rows->parameters[c] = parameter;
  }
  return true;
}

void hw_merge_rows_close(hw_merge_rows *rows) { hw_statement_close(&rows->s); }

void hw_merge_rows_between(hw_merge_rows *rows, int64_t first, int64_t last) {
  hw_statement_reset(&rows->s);
  hw_bind_integer(&rows->s, ":first", first);
  hw_bind_integer(&rows->s, ":last", last);
}

/* What was wrong with a row of one of the files. */
static bool fail_row(const hw_merge_rows *rows, const hw_error *why, hw_error *err) {
  return hw_fail(err, why->kind, "%s: table %s: %s", rows->s.store->path, rows->table->name, why->message);
}

/* Values that the schema does not allow, and sums that are too large, are faults of the file, not of the disk. */
static bool is_wrong_value(sqlite3 *db) {
  int code = sqlite3_errcode(db) & 0xff;
  return code == SQLITE_CONSTRAINT || code == SQLITE_MISMATCH;
}

bool hw_merge_put(hw_store *out, const hw_merge_rows *rows, bool *is_new, hw_error *err) {
  hw_error why;
  hw_statement *s = hw_store_statement(out, rows->table->writer, err);
  if (!s) return false;
  for (int c = 0; c < rows->n; c++) hw_bind_column(s, rows->parameters[c], &rows->s, c);
  if (!hw_statement_run(s, "take it over", &why)) {
    if (is_wrong_value(out->db)) why.kind = HW_ERROR_INPUT;
    return fail_row(rows, &why, err);
  }
  *is_new = sqlite3_changes(out->db) != 0;
  return true;
}

static bool same_value(const hw_statement *a, const hw_statement *b, int column) {
  int type = sqlite3_column_type(a->sqlite, column);
  size_t length[2];
  if (type != sqlite3_column_type(b->sqlite, column)) return false;
  if (type == SQLITE_NULL) return true;
  if (type == SQLITE_INTEGER) return hw_column_integer(a, column) == hw_column_integer(b, column);
  if (type == SQLITE_FLOAT) {
    double x = hw_column_real(a, column), y = hw_column_real(b, column);
    return memcmp(&x, &y, sizeof x) == 0;
  }
  const void *x = hw_column_blob(a, column, &length[0]), *y = hw_column_blob(b, column, &length[1]);
  return length[0] == length[1] && memcmp(x, y, length[0]) == 0;
}

bool hw_merge_same_row(const hw_statement *a, const hw_statement *b) {
  int n = sqlite3_column_count(a->sqlite), c = 0;
  if (n != sqlite3_column_count(b->sqlite)) return false;
  while (c < n && same_value(a, b, c)) c++;
  return c == n;
}

bool hw_merge_lookup_open(hw_statement *s, hw_store *out, const hw_merge_table *table, hw_error *err) {
  return open_made(s, out, "merge/row.sql", table->name, NULL, err);
}

/* Names the row by its key, and the first value that differs. there: whether the files before have the row. */
static bool fail_differs(const hw_statement *lookup, bool there, const hw_merge_rows *rows, hw_error *err) {
  hw_buffer text;
  hw_buffer_init(&text);
  int differs = -1;
  for (int c = 0; c < rows->n; c++) {
    if (sqlite3_bind_parameter_index(lookup->sqlite, rows->parameters[c])) {
      hw_buffer_printf(&text, "%s%s ", text.length ? ", " : "", rows->parameters[c] + 1);
      hw_column_print(&rows->s, c, &text);
    } else if (there && differs < 0 && !same_value(lookup, &rows->s, c)) {
      differs = c;
    }
  }
  if (differs >= 0) {
    hw_buffer_printf(&text, ": %s is ", rows->parameters[differs] + 1);
    hw_column_print(&rows->s, differs, &text);
    hw_buffer_append_string(&text, ", in the files before it ");
    hw_column_print(lookup, differs, &text);
  } else {
    hw_buffer_append_string(&text, ": the files before it have no such row");
  }
  if (hw_buffer_check(&text, err))
    (void)hw_fail(err, HW_ERROR_INPUT, "%s: table %s: %s; one of the files is damaged or cut: headwater check finds it", rows->s.store->path, rows->table->name, text.data);
  hw_buffer_fini(&text);
  return false;
}

bool hw_merge_check_same(hw_statement *lookup, const hw_merge_rows *rows, hw_error *err) {
  bool row;
  hw_statement_reset(lookup);
  for (int c = 0; c < rows->n; c++)
    if (sqlite3_bind_parameter_index(lookup->sqlite, rows->parameters[c])) hw_bind_column(lookup, rows->parameters[c], &rows->s, c);
  if (!hw_statement_step(lookup, &row, err)) return false;
  return (row && hw_merge_same_row(lookup, &rows->s)) || fail_differs(lookup, row, rows, err);
}

bool hw_merge_count(hw_store *store, const hw_merge_table *table, int64_t *n, hw_error *err) {
  hw_statement s;
  bool row, ok = open_made(&s, store, "merge/count.sql", table->name, NULL, err) && hw_statement_step(&s, &row, err);
  if (ok) *n = hw_column_integer(&s, 0);
  hw_statement_close(&s);
  return ok;
}
