/* SPDX-License-Identifier: Apache-2.0
 * Reading the database: statements of users, named queries, functions over columns, exports, the loadable extension. */
#include "store_fixture.h"
#include "headwater/query.h"
#include "headwater/export.h"

static const char *data; /* the database that most tests read */

static int setup(void **state) {
  (void)state;
  data = strdup(at("data.db"));
  make_run(data, &one_target, forwards);
  return data ? 0 : -1;
}

static int teardown(void **state) {
  (void)state;
  free((void *)(uintptr_t)data);
  return 0;
}

/* ---- statements ---- */

static bool run_sql(const char *sql, const hw_parameter *parameters, size_t n, hw_error *why) {
  hw_store *store;
  hw_buffer out;
  hw_buffer_init(&out);
  OK(hw_store_open_read(data, &store, e));
  bool ok = hw_store_select(store, sql, parameters, n, HW_FORMAT_CSV, collect, &out, why);
  if (!ok && !strstr(why->message, "stopped")) assert_int_equal(out.length, 0);
  OK(hw_store_close(store, false, e));
  hw_buffer_fini(&out);
  return ok;
}

TEST(only_reading_statements) {
  char before[33], after[33];
  digest_of(data, before);
  static const char *const refused[] = {"DELETE FROM prompt",
                                        "CREATE TABLE x(a)",
                                        "UPDATE run SET threshold = 0",
                                        "DROP TABLE prompt",
                                        "PRAGMA journal_mode = DELETE",
                                        "PRAGMA user_version = 9",
                                        "PRAGMA query_only = OFF",
                                        "VACUUM",
                                        "VACUUM INTO '/tmp/hw_should_not_be'",
                                        "BEGIN IMMEDIATE",
                                        "INSERT INTO role VALUES (9, 'x')",
                                        "PRAGMA writable_schema = ON",
                                        "CREATE TEMP TABLE x(a)",
                                        "REINDEX",
                                        "ANALYZE",
                                        "SELECT load_extension('x')"};
  for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) REFUSED("SQL:", run_sql(refused[i], NULL, 0, e));
  REFUSED("one statement at a time", run_sql("SELECT 1; DELETE FROM prompt", NULL, 0, e));
  REFUSED("one statement at a time", run_sql("SELECT 1; SELECT 2;", NULL, 0, e));
  REFUSED("there is no statement", run_sql("  -- nothing\n", NULL, 0, e));
  REFUSED("there is no statement", run_sql("", NULL, 0, e));
  REFUSED("no such column: nonsense", run_sql("SELECT nonsense FROM prompt", NULL, 0, e));
  REFUSED("unable to open database", run_sql("ATTACH '/tmp/hw_no_such_folder/x.db' AS other", NULL, 0, e));
  assert_false(hw_file_exists("/tmp/hw_should_not_be"));
  digest_of(data, after);
  assert_string_equal(before, after);
  assert_string_equal(ask(data, "-- a comment\n/* another */ SELECT 1 AS one; -- and one more\n ;"), "one\r\n1\r\n");
  assert_string_equal(ask(data, "PRAGMA user_version"), "user_version\r\n3\r\n");
}

TEST(attached_databases_are_read_only) {
  make_run(at("second.db"), &one_target, mixed);
  hw_store *store;
  hw_buffer out;
  hw_buffer_init(&out);
  char sql[400];
  (void)snprintf(sql, sizeof sql, "ATTACH '%s' AS other", at("second.db"));
  OK(hw_store_open_read(data, &store, e));
  OK(hw_store_select(store, sql, NULL, 0, HW_FORMAT_CSV, collect, &out, e));
  OK(hw_store_select(store,
                     "SELECT count(*) AS n, max(abs(a.mean - b.mean)) AS d FROM head_importance a JOIN "
                     "other.head_importance b USING(layer, head)",
                     NULL, 0, HW_FORMAT_CSV, collect, &out, e));
  assert_string_equal(out.data, "n,d\r\n12,0\r\n");
  REFUSED("SQL:", hw_store_select(store, "DELETE FROM other.prompt", NULL, 0, HW_FORMAT_CSV, collect, &out, e));
  OK(hw_store_close(store, false, e));
  hw_buffer_fini(&out);
}

TEST(parameters_by_name) {
  const hw_parameter two[] = {{"a", "5"}, {"b", "x,\"y"}}, twice[] = {{"a", "5"}, {"a", "6"}},
                     empty[] = {{"a", NULL}, {"b", ""}};
  const char *sql =
      "-- Sums.\n-- :c = 2.5  a default\n-- :d = 'two words'\n-- :f = NULL\nSELECT :a + 1 AS a, @b AS b, $c AS c, :d AS d, "
      "typeof(:a) AS e, :f AS f";
  assert_string_equal(ask_with(data, sql, two, 2, HW_FORMAT_CSV),
                      "a,b,c,d,e,f\r\n6,\"x,\"\"y\",2.5,two words,integer,\r\n");
  assert_string_equal(ask_with(data, sql, empty, 2, HW_FORMAT_CSV), "a,b,c,d,e,f\r\n,\"\",2.5,two words,null,\r\n");
  REFUSED("no value for the parameter --b", run_sql(sql, two, 1, e));
  REFUSED("there is no parameter --b; there is --a", run_sql("SELECT :a", two, 2, e));
  REFUSED("there is no parameter --a; there are none", run_sql("SELECT 1", two, 1, e));
  REFUSED("--a is given twice", run_sql("SELECT :a", twice, 2, e));
  REFUSED("has no name", run_sql("SELECT ?", NULL, 0, e));
  const hw_parameter texts[] = {{"a", "007"}, {"b", "1e3"}, {"c", "-4"}};
  assert_string_equal(ask_with(data, "SELECT typeof(:a) AS a, typeof(:b) AS b, typeof(:c) AS c", texts, 3, HW_FORMAT_CSV),
                      "a,b,c\r\ntext,real,integer\r\n");
}

static bool refuse(void *context, const char *bytes, size_t length) {
  (void)bytes, (void)length;
  return ++*(int *)context < 2;
}

TEST(formats) {
  const char *sql =
      "SELECT 1 AS n, 'caf\xC3\xA9' AS text, 2.5 AS x, NULL AS empty, x'00ff' AS blob UNION ALL "
      "SELECT 1000, 'a,b\n\"q\"' || char(27, 133), 0.1 + 0.2, NULL, x'' UNION ALL SELECT -7, '', 1e300, 5, NULL";
  assert_string_equal(ask_with(data, sql, NULL, 0, HW_FORMAT_TABLE),
                      "   n  text                   x  empty  blob\n"
                      "----  ----------------  ------  -----  ---------\n"
                      "   1  caf\xC3\xA9                 2.5         <2 bytes>\n"
                      "1000  a,b\\n\"q\"\\x1b\\x85     0.3         <0 bytes>\n"
                      "  -7                    1e+300      5\n");
  assert_string_equal(ask_with(data, sql, NULL, 0, HW_FORMAT_CSV),
                      "n,text,x,empty,blob\r\n1,caf\xC3\xA9,2.5,,00ff\r\n1000,\"a,b\n\"\"q\"\"\x1b\xC2\x85\",0."
                      "30000000000000004,,\r\n-7,\"\",1e+300,5,\r\n");
  assert_string_equal(
      ask_with(data, sql, NULL, 0, HW_FORMAT_JSON),
      "[\n{\"n\":1,\"text\":\"caf\xC3\xA9\",\"x\":2.5,\"empty\":null,\"blob\":\"00ff\"},\n"
      "{\"n\":1000,\"text\":\"a,b\\n\\\"q\\\"\\u001b\\u0085\",\"x\":0.30000000000000004,\"empty\":null,\"blob\":\"\"},\n"
      "{\"n\":-7,\"text\":\"\",\"x\":1e+300,\"empty\":5,\"blob\":null}\n]\n");
  /* Two wide characters take four columns, a combining one takes none. */
  assert_string_equal(ask_with(data, "SELECT '\xE6\x97\xA5\xE6\x9C\xAC' AS a, 1 AS b UNION ALL SELECT 'e\xCC\x81t\xE2\x82', 22", NULL, 0, HW_FORMAT_TABLE),
                      "a      b\n----  --\n\xE6\x97\xA5\xE6\x9C\xAC   1\ne\xCC\x81t\xEF\xBF\xBD\xEF\xBF\xBD  22\n");
  const char *none = "SELECT layer, head FROM model_head WHERE 0";
  assert_string_equal(ask_with(data, none, NULL, 0, HW_FORMAT_TABLE), "layer  head\n-----  ----\n(no rows)\n");
  assert_string_equal(ask_with(data, none, NULL, 0, HW_FORMAT_CSV), "layer,head\r\n");
  assert_string_equal(ask_with(data, none, NULL, 0, HW_FORMAT_JSON), "[]\n");
  /* Longer than what decides the widths. */
  const char *table =
      ask_with(data, "WITH RECURSIVE k(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM k WHERE i < 3000) SELECT i FROM k", NULL,
               0, HW_FORMAT_TABLE);
  size_t lines = 0;
  for (const char *c = table; *c; c++) lines += *c == '\n';
  assert_int_equal(lines, 3002);
  hw_store *store;
  int calls = 0;
  OK(hw_store_open_read(data, &store, e));
  REFUSED("stopped",
          hw_store_select(store,
                          "WITH RECURSIVE k(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM k) SELECT i, 'padding' FROM k",
                          NULL, 0, HW_FORMAT_CSV, refuse, &calls, e));
  OK(hw_store_close(store, false, e));
}

/* test_queries.c runs them. */
TEST(every_named_query_has_its_help) {
  const hw_named_query *queries;
  size_t n = hw_named_queries(&queries);
  assert_true(n >= 11);
  for (size_t i = 0; i < n; i++) {
    size_t length;
    assert_non_null(hw_query_summary(queries[i].sql, &length));
    assert_true(length > 10);
    if (i) assert_true(strcmp(queries[i - 1].name, queries[i].name) < 0);
  }
}

/* ---- functions ---- */

TEST(edges_at_any_threshold) {
  hw_arena arena;
  hw_arena_init(&arena);
  hw_prompt_record prompt = {0};
  OK(synthetic_prompt(5, 3, &one_target, N_GROUPS, true, &arena, &prompt, e));
  assert_null(prompt.failure);
  static const double thresholds[] = {0.04, 0.05, 0.0625, 0.1, 0.5, 0.999};
  sqlite3_stmt *s;
  hw_store *store;
  OK(hw_store_open_read(data, &store, e));
  assert_int_equal(
      sqlite3_prepare_v2(store->db,
                         "SELECT e.kind, e.layer, e.head, e.source, e.target, e.importance, e.weight, e.flow FROM graph g, "
                         "hw_edges(g.edges, ?1) e WHERE g.prompt_id = 3",
                         -1, &s, NULL),
      SQLITE_OK);
  for (size_t t = 0; t < 6; t++) {
    hw_graph graph;
    const hw_graph_record *r = &prompt.graphs[0];
    OK(hw_graph_replay(&r->frame, r->parts, r->n_parts, thresholds[t], &arena, &arena, &graph, e));
    sqlite3_reset(s);
    sqlite3_bind_double(s, 1, thresholds[t]);
    for (size_t i = 0; i < graph.n_edges; i++) {
      const hw_edge *edge = &graph.edges[i];
      assert_int_equal(sqlite3_step(s), SQLITE_ROW);
      assert_string_equal(sqlite3_column_text(s, 0), hw_part_kind_names[edge->part.kind]);
      assert_int_equal(sqlite3_column_int(s, 1), edge->part.layer);
      assert_int_equal(sqlite3_column_type(s, 2) == SQLITE_NULL, edge->part.head == HW_NO_HEAD);
      assert_int_equal(sqlite3_column_int(s, 3), edge->part.source);
      assert_int_equal(sqlite3_column_int(s, 4), edge->part.target);
      assert_true(sqlite3_column_double(s, 5) == edge->part.importance / HW_MICRO); /* bit for bit */
      assert_true(sqlite3_column_double(s, 6) == edge->weight && sqlite3_column_double(s, 7) == edge->flow);
    }
    assert_int_equal(sqlite3_step(s), SQLITE_DONE);
  }
  sqlite3_finalize(s);
  OK(hw_store_close(store, false, e));
  hw_arena_fini(&arena);
  REFUSED("edges of prompt 3, target",
          run_sql("SELECT * FROM graph g, hw_edges(g.edges, 0.03) WHERE prompt_id = 3", NULL, 0, e));
  REFUSED("threshold 0.03 is below the floor 0.04",
          run_sql("SELECT * FROM graph g, hw_edges(g.edges, 0.03) WHERE prompt_id = 3", NULL, 0, e));
  REFUSED("within [0, 1)", run_sql("SELECT * FROM graph g, hw_edges(g.edges, 'x') WHERE prompt_id = 3", NULL, 0, e));
  REFUSED("wants a column", run_sql("SELECT * FROM hw_edges", NULL, 0, e));
  REFUSED("wanted neurons", run_sql("SELECT * FROM graph g, hw_neurons(g.edges)", NULL, 0, e));
  REFUSED("are no stored column", run_sql("SELECT * FROM hw_heads(x'5100000000000000000000')", NULL, 0, e));
  assert_string_equal(ask(data, "SELECT count(*) AS n FROM hw_edges(NULL)"), "n\r\n0\r\n");
}

TEST(functions_agree_with_each_other) {
  static const char *const nothing_differs[] = {
      /* heads from their own column and from the edges */
      "SELECT count(*) AS n FROM (SELECT graph_id, h.* FROM graph g, hw_heads(g.heads) h EXCEPT SELECT graph_id, h.* FROM "
      "graph g, hw_heads(g.edges) h)",
      "SELECT count(*) AS n FROM (SELECT graph_id, h.* FROM graph g, hw_heads(g.edges, 0.05) h EXCEPT SELECT graph_id, h.* "
      "FROM graph g, hw_heads(g.heads) h)",
      /* what reaches the tokens sums to 1 */
      "SELECT count(*) AS n FROM (SELECT sum(flow) AS f FROM token_flow GROUP BY prompt_id, target_pos) WHERE abs(f - 1) > "
      "1e-12",
      /* rows counted where graphs are counted */
      "SELECT count(*) AS n FROM graph_info i WHERE n_edges <> (SELECT count(*) FROM edge e WHERE e.prompt_id = "
      "i.prompt_id) OR n_parts <> (SELECT "
      "count(*) FROM part e WHERE e.prompt_id = i.prompt_id) OR n_neurons <> (SELECT count(*) FROM neuron e WHERE "
      "e.prompt_id = i.prompt_id) OR "
      "n_heads <> (SELECT count(*) FROM head e WHERE e.prompt_id = i.prompt_id) OR 6 * n_projections <> (SELECT count(*) "
      "FROM projection e WHERE "
      "e.prompt_id = i.prompt_id)",
      "SELECT count(*) AS n FROM prompt p WHERE n_tokens <> (SELECT count(*) FROM prompt_token t WHERE t.prompt_id = "
      "p.prompt_id)",
      "SELECT count(*) AS n FROM prompt p, hw_tokens(p.tokens) t WHERE hw_token_at(p.tokens, t.position) IS NOT t.token_id",
      "SELECT count(*) AS n FROM projection WHERE (kind = 'head') <> (head IS NOT NULL) OR list NOT IN ('promotes', "
      "'suppresses') OR neuron IS NOT NULL",
      "SELECT count(*) AS n FROM (SELECT sum(importance) AS s FROM part WHERE kind LIKE 'ffn%' GROUP BY prompt_id, layer, "
      "target) WHERE abs(s - 1) > 1.5e-6",
  };
  for (size_t i = 0; i < sizeof nothing_differs / sizeof nothing_differs[0]; i++) {
    const char *answer = ask(data, nothing_differs[i]);
    if (strcmp(answer, "n\r\n0\r\n") != 0) fail_msg("question %zu: %s", i, answer);
  }
  /* Asked by prompt, a view finds its graph by the index. */
  const char *plan = ask(data, "EXPLAIN QUERY PLAN SELECT * FROM edge WHERE prompt_id = 17");
  assert_non_null(strstr(plan, "SEARCH g USING INDEX graph_prompt (prompt_id=?)"));
}

/* One graph through the public call, against what SQL unpacks of the same row. */
TEST(one_graph_by_prompt_and_target) {
  make_run(at("three.db"), &three_targets, forwards);
  hw_store *store;
  hw_arena arena;
  hw_arena_init(&arena);
  OK(hw_store_open_read(at("three.db"), &store, e));
  hw_run_info info;
  OK(hw_store_read_run(store, &arena, &info, e));
  hw_graph_record record = {0};
  bool found;
  OK(hw_store_read_graph(store, &info, 3, -1, 0.05, &arena, &found, &record, e));
  assert_true(found);
  uint32_t last = record.frame.target;
  char sql[300], wanted[200];
  for (int i = 0; i < 2; i++) { /* the run's threshold, and a higher one */
    double threshold = i ? 0.2 : 0.05, flow = 0;
    OK(hw_store_read_graph(store, &info, 3, last, threshold, &arena, &found, &record, e));
    assert_true(found && record.frame.target == last && record.graph->n_edges > 3);
    for (size_t k = 0; k < record.graph->n_edges; k++) flow += record.graph->edges[k].flow;
    (void)snprintf(sql, sizeof sql,
                   "SELECT count(*) AS n, round(sum(flow), 9) AS flow FROM graph g, hw_edges(g.edges, %g) "
                   "WHERE g.prompt_id = 3 AND g.target_pos = %u", threshold, last);
    (void)snprintf(wanted, sizeof wanted, "n,flow\r\n%zu,%.9g\r\n", record.graph->n_edges, flow);
    assert_string_equal(ask(at("three.db"), sql), wanted);
  }
  OK(hw_store_read_graph(store, &info, 3, last + 100, 0.05, &arena, &found, &record, e));
  assert_false(found);
  OK(hw_store_read_graph(store, &info, 1000000, -1, 0.05, &arena, &found, &record, e));
  assert_false(found);
  OK(hw_store_close(store, false, e));
  hw_arena_fini(&arena);
}

TEST(damaged_columns_name_their_prompt) {
  make_run(at("bad.db"), &one_target, forwards);
  const char *bad = strdup(at("bad.db"));
  write_sql(bad, "UPDATE graph SET edges = CAST(substr(edges, 1, 30) || x'ffff' || substr(edges, 33) AS BLOB), neurons = "
                 "substr(neurons, 1, 20), "
                 "heads = x'48' WHERE prompt_id = 5");
  hw_store *store;
  hw_buffer out;
  char hex[33];
  hw_buffer_init(&out);
  OK(hw_store_open_read(bad, &store, e));
  REFUSED("hw_edges: edges of prompt 5, target",
          hw_store_select(store, "SELECT * FROM edge", NULL, 0, HW_FORMAT_CSV, collect, &out, e));
  REFUSED("hw_neurons: neurons of prompt 5, target",
          hw_store_select(store, "SELECT * FROM neuron", NULL, 0, HW_FORMAT_CSV, collect, &out, e));
  REFUSED("hw_heads: a stored column of 1 bytes is cut short",
          hw_store_select(store, "SELECT * FROM head", NULL, 0, HW_FORMAT_CSV, collect, &out, e));
  REFUSED("edges of prompt 5, target", hw_store_digest(store, hex, e));
  OK(hw_store_close(store, false, e));
  hw_buffer_fini(&out);
  free((void *)(uintptr_t)bad);
}

/* ---- export ---- */

static const char *const files[] = {
    "MANIFEST.json",   "edge_frequency.csv",    "head_importance.csv",  "head_importance_by_group.csv",
    "head_matrix.csv", "neuron_importance.csv", "prompt_prediction.csv", "answer_by_layer.csv",
    "edge_frequency_by_group.csv", "group_size.csv", "head_source.csv", "role_flow.csv", "whole_answer.csv"};

TEST(exports_are_the_same_bytes) {
  make_run(at("second.db"), &one_target, mixed);
  hw_store *store;
  const char *const sources[] = {data, at("second.db"), data}, *const folders[] = {"paper1", "paper2", "paper2"};
  for (int i = 0; i < 3; i++) {
    OK(hw_store_open_read(sources[i], &store, e));
    OK(hw_store_export(store, &(hw_export){.folder = at(folders[i])}, e));
    OK(hw_store_close(store, false, e));
  }
  for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
    char name[64];
    hw_file a, b;
    (void)snprintf(name, sizeof name, "paper1/%s", files[i]);
    OK(hw_file_open(at(name), &a, e));
    (void)snprintf(name, sizeof name, "paper2/%s", files[i]);
    OK(hw_file_open(at(name), &b, e));
    assert_true(a.size > 50);
    assert_int_equal(a.size, b.size);
    assert_memory_equal(a.data, b.data, a.size);
    if (i == 0) assert_null(memmem(a.data, a.size, folder, strlen(folder)));     /* no paths */
    if (i == 6) assert_non_null(memmem(a.data, a.size, "\"\"\" tok\"\"\"", 10)); /* tokens are JSON strings */
    hw_file_close(&a);
    hw_file_close(&b);
  }
  char command[300];
  (void)snprintf(command, sizeof command, "test `ls '%s' | wc -l` = 13", at("paper2"));
  assert_int_equal(system(command), 0);
  OK(hw_store_open_read(data, &store, e));
  REFUSED("text: not a folder", (write_sql(at("text"), "CREATE TABLE t(a)"), hw_store_export(store, &(hw_export){.folder = at("text")}, e)));
  REFUSED("nowhere/paper", hw_store_export(store, &(hw_export){.folder = at("nowhere/paper")}, e));
  char blocked[64];
  (void)snprintf(blocked, sizeof blocked, "paper1/%s", files[2]);
  (void)unlink(at(blocked));
  (void)snprintf(command, sizeof command, "mkdir '%s'", at(blocked));
  assert_int_equal(system(command), 0);
  REFUSED("head_importance.csv: Is a directory", hw_store_export(store, &(hw_export){.folder = at("paper1")}, e));
  OK(hw_store_close(store, false, e));
}

/* ---- the loadable extension ---- */

TEST(extension) {
#ifndef HW_EXTENSION_PATH
  skip();
#else
  sqlite3 *db;
  sqlite3_stmt *s;
  char *message = NULL;
  assert_int_equal(sqlite3_open_v2(data, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
  (void)sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 1, NULL);
  if (sqlite3_load_extension(db, HW_EXTENSION_PATH, NULL, &message) != SQLITE_OK) {
    if (strstr(message, "asan") || strstr(message, "undefined symbol: __")) skip();
    fail_msg("%s", message);
  }
  assert_int_equal(sqlite3_load_extension(db, HW_EXTENSION_PATH, NULL, &message), SQLITE_OK); /* twice is fine */
  assert_int_equal(sqlite3_prepare_v2(db, "SELECT count(*) FROM edge WHERE prompt_id = 3", -1, &s, NULL), SQLITE_OK);
  assert_int_equal(sqlite3_step(s), SQLITE_ROW);
  assert_true(sqlite3_column_int(s, 0) > 5);
  sqlite3_finalize(s);
  sqlite3_close(db);
  assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK); /* no database of ours: functions, no views */
  (void)sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 1, NULL);
  assert_int_equal(sqlite3_load_extension(db, HW_EXTENSION_PATH, NULL, &message), SQLITE_OK);
  assert_int_equal(sqlite3_exec(db, "SELECT * FROM hw_tokens(x'020100')", NULL, NULL, NULL), SQLITE_OK);
  assert_int_equal(sqlite3_exec(db, "SELECT * FROM edge", NULL, NULL, NULL), SQLITE_ERROR);
  sqlite3_close(db);
#endif
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(only_reading_statements, setup, teardown),
      cmocka_unit_test_setup_teardown(attached_databases_are_read_only, setup, teardown),
      cmocka_unit_test_setup_teardown(parameters_by_name, setup, teardown),
      cmocka_unit_test_setup_teardown(formats, setup, teardown),
      cmocka_unit_test_setup_teardown(every_named_query_has_its_help, setup, teardown),
      cmocka_unit_test_setup_teardown(edges_at_any_threshold, setup, teardown),
      cmocka_unit_test_setup_teardown(functions_agree_with_each_other, setup, teardown),
      cmocka_unit_test_setup_teardown(one_graph_by_prompt_and_target, setup, teardown),
      cmocka_unit_test_setup_teardown(damaged_columns_name_their_prompt, setup, teardown),
      cmocka_unit_test_setup_teardown(exports_are_the_same_bytes, setup, teardown),
      cmocka_unit_test_setup_teardown(extension, setup, teardown),
  };
  RUN_IN_FOLDER(tests);
}
