/* SPDX-License-Identifier: Apache-2.0
 * Functions that give JSON to SQLite's json_object and json_array:
 *   hw_json_number(value)      a number that reads back to the same bits; SQLite's own JSON has 15 digits. NULL is null
 *   hw_json_parts(edges)       the stored parts as columns, in hw_part_compare order; kind is hw_part_kind, head -1 where there is none,
 *                              share in 1e-6
 *   hw_json_parts(edges, t)    those in the graph at threshold t, as columns in the same order
 *   hw_json_lists(projections) [[kind, convention, layer, position, index, promotes, suppresses]...], also of components that are outside
 *                              of the graph; index -1 where there is none; both lists are [[token_id, score]...] */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "functions/functions.h"
#include "graph/components.h"
#include "graph/part_columns.h"

enum { JSON_SUBTYPE = 'J' };

static void result_json(sqlite3_context *context, hw_buffer *text) {
  if (text->failed || !text->data) {
    sqlite3_result_error_nomem(context);
  } else {
    sqlite3_result_text64(context, text->data, text->length, SQLITE_TRANSIENT, SQLITE_UTF8);
    sqlite3_result_subtype(context, JSON_SUBTYPE);
  }
}

static void result_problem(sqlite3_context *context, const char *function, const char *message, int code) {
  char *text = sqlite3_mprintf("%s: %s", function, message);
  if (text) sqlite3_result_error(context, text, -1);
  else sqlite3_result_error_nomem(context);
  sqlite3_free(text);
  if (text && code != SQLITE_ERROR) sqlite3_result_error_code(context, code);
}

/* The bytes of a stored column; false and the result is set where the value is none. */
static bool read_column(sqlite3_context *context, const char *function, sqlite3_value *value, const void **bytes, size_t *length) {
  if (sqlite3_value_type(value) == SQLITE_BLOB) {
    *bytes = sqlite3_value_blob(value);
    *length = (size_t)sqlite3_value_bytes(value);
    if (!*bytes) *bytes = "";
    return true;
  }
  if (sqlite3_value_type(value) != SQLITE_NULL) result_problem(context, function, "wants a stored column, not a number or a text", SQLITE_ERROR);
  return false;
}

static void json_number(sqlite3_context *context, int argc, sqlite3_value **argv) {
  (void)argc;
  if (sqlite3_value_type(argv[0]) != SQLITE_FLOAT) {
    sqlite3_result_value(context, argv[0]);
    return;
  }
  double value = sqlite3_value_double(argv[0]);
  if (!isfinite(value)) {
    result_problem(context, "hw_json_number", "a number is infinite", HW_DAMAGED_BYTES);
    return;
  }
  hw_buffer text;
  hw_buffer_init(&text);
  hw_format_double(&text, value);
  result_json(context, &text);
  hw_buffer_fini(&text);
}

/* ---- parts ---- */

static void put_count(hw_buffer *out, uint64_t value) {
  char digits[24], *at = digits + sizeof digits;
  do *--at = (char)('0' + value % 10);
  while (value /= 10);
  hw_buffer_append(out, at, (size_t)(digits + sizeof digits - at));
}

static void put_integer(hw_buffer *out, int64_t value) {
  if (value < 0) hw_buffer_append_byte(out, '-');
  put_count(out, value < 0 ? 0 - (uint64_t)value : (uint64_t)value);
}

static void put_parts(hw_buffer *out, const hw_part *parts, size_t n) {
  for (size_t c = 0; c < HW_N_PART_COLUMNS; c++) {
    hw_buffer_printf(out, "%s\"%s\":[", c ? "," : "{", hw_part_columns[c].name);
    for (size_t i = 0; i < n; i++) {
      if (i) hw_buffer_append_byte(out, ',');
      put_integer(out, hw_part_columns[c].value(&parts[i]));
    }
    hw_buffer_append_byte(out, ']');
  }
  hw_buffer_append_byte(out, '}');
}

static int by_order(const void *a, const void *b) { return hw_part_compare(a, b); }

/* The parts that a replay keeps, in the order of stored rows. */
static bool keep_parts(const hw_blob_info *info, double threshold, hw_arena *arena, hw_part **parts, size_t *n, hw_error *err) {
  hw_graph graph;
  if (!hw_graph_replay(&info->frame, *parts, *n, threshold, arena, arena, &graph, err)) return false;
  *n = graph.n_edges;
  for (size_t i = 0; i < *n; i++) (*parts)[i] = graph.edges[i].part; /* no more than there were */
  qsort(*parts, *n, sizeof **parts, by_order);
  return true;
}

static void json_parts(sqlite3_context *context, int argc, sqlite3_value **argv) {
  static const char name[] = "hw_json_parts";
  const void *bytes;
  size_t length, n;
  bool cut = argc > 1 && sqlite3_value_type(argv[1]) != SQLITE_NULL;
  double threshold = 0;
  char problem[HW_ARGUMENT_PROBLEM];
  if (cut && !hw_read_argument(HW_ARGUMENT_THRESHOLD, argv[1], &threshold, problem)) {
    result_problem(context, name, problem, SQLITE_ERROR);
    return;
  }
  if (!read_column(context, name, argv[0], &bytes, &length)) return;
  hw_arena arena;
  hw_buffer out;
  hw_blob_info info;
  hw_part *parts;
  hw_error err = {0};
  hw_arena_init(&arena);
  hw_buffer_init(&out);
  bool good = hw_decode_edges(bytes, length, &arena, &info, &parts, &n, &err);
  int code = good ? SQLITE_ERROR : HW_DAMAGED_BYTES; /* of the threshold; of the bytes */
  if (good && cut && (good = hw_check_floor(&info, threshold, &err))) {
    code = HW_DAMAGED_BYTES;
    good = keep_parts(&info, threshold, &arena, &parts, &n, &err);
  }
  if (good) {
    put_parts(&out, parts, n);
    result_json(context, &out);
  } else {
    result_problem(context, name, err.message, err.kind == HW_ERROR_MEMORY ? SQLITE_NOMEM : code);
  }
  hw_buffer_fini(&out);
  hw_arena_fini(&arena);
}

/* ---- lists ---- */

/* A score in 1e-4, with as many decimals as it needs: -13 is -0.0013. */
static void put_score(hw_buffer *out, int64_t score) {
  uint64_t unit = (uint64_t)HW_SCORE_UNIT, size = score < 0 ? 0 - (uint64_t)score : (uint64_t)score, rest = size % unit;
  if (score < 0) hw_buffer_append_byte(out, '-');
  put_count(out, size / unit);
  if (!rest) return;
  char decimals[] = {'.', (char)('0' + rest / 1000), (char)('0' + rest / 100 % 10), (char)('0' + rest / 10 % 10), (char)('0' + rest % 10)};
  size_t n = sizeof decimals;
  while (decimals[n - 1] == '0') n--;
  hw_buffer_append(out, decimals, n);
}

/* The list that begins at token `at`; returns where it ends. */
static size_t put_list(hw_buffer *out, const hw_projections *p, size_t at, size_t projection, bool suppresses) {
  hw_buffer_append_string(out, ",[");
  for (bool first = true; at < p->n_tokens && p->tokens[at].projection == projection && p->tokens[at].suppresses == suppresses; at++) {
    hw_buffer_append_string(out, first ? "[" : ",[");
    put_integer(out, p->tokens[at].token_id);
    hw_buffer_append_byte(out, ',');
    put_score(out, p->tokens[at].score);
    hw_buffer_append_byte(out, ']');
    first = false;
  }
  hw_buffer_append_byte(out, ']');
  return at;
}

static void put_lists(hw_buffer *out, const hw_projections *p) {
  size_t at = 0;
  hw_buffer_append_byte(out, '[');
  for (size_t i = 0; i < p->n_projections; i++) {
    const hw_projection *row = &p->projections[i];
    bool indexed = row->kind == HW_COMPONENT_HEAD || row->kind == HW_COMPONENT_NEURON;
    hw_buffer_printf(out, "%s[\"%s\",\"%s\",%u,%u,%lld", i ? "," : "", hw_component_kind_names[row->kind], hw_convention_names[row->convention],
                     (unsigned)row->layer, (unsigned)row->position, indexed ? (long long)row->index : -1LL);
    at = put_list(out, p, at, i, false);
    at = put_list(out, p, at, i, true);
    hw_buffer_append_byte(out, ']');
  }
  hw_buffer_append_byte(out, ']');
}

static void json_lists(sqlite3_context *context, int argc, sqlite3_value **argv) {
  (void)argc;
  static const char name[] = "hw_json_lists";
  const void *bytes;
  size_t length;
  if (!read_column(context, name, argv[0], &bytes, &length)) return;
  hw_arena arena;
  hw_buffer out;
  hw_blob_info info;
  hw_projections lists;
  hw_error err = {0};
  hw_arena_init(&arena);
  hw_buffer_init(&out);
  if (hw_decode_projections(bytes, length, HW_ROWS_STORED, &arena, &info, &lists, &err)) {
    put_lists(&out, &lists);
    result_json(context, &out);
  } else {
    result_problem(context, name, err.message, err.kind == HW_ERROR_MEMORY ? SQLITE_NOMEM : HW_DAMAGED_BYTES);
  }
  hw_buffer_fini(&out);
  hw_arena_fini(&arena);
}

int hw_register_json(sqlite3 *db) {
  static const struct {
    const char *name;
    int n_arguments;
    void (*call)(sqlite3_context *, int, sqlite3_value **);
  } functions[] = {{"hw_json_number", 1, json_number}, {"hw_json_parts", 1, json_parts}, {"hw_json_parts", 2, json_parts}, {"hw_json_lists", 1, json_lists}};
  int rc = SQLITE_OK;
  for (size_t i = 0; i < sizeof functions / sizeof *functions && rc == SQLITE_OK; i++)
    rc = sqlite3_create_function_v2(db, functions[i].name, functions[i].n_arguments, SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS, NULL,
                                    functions[i].call, NULL, NULL, NULL);
  return rc;
}
