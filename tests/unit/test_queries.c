/* SPDX-License-Identifier: Apache-2.0
 * Named queries over made-up runs: sums against rows, limits of time, damaged columns. */
#include "headwater/mining.h"
#include "base/text.h"
#include "headwater/query.h"
#include "functions/functions.h"
#include "query/comment.h"
#include "store_fixture.h"

static const char *single, *several; /* databases: one target a prompt, three */

static int setup(void **state) {
  (void)state;
  single = strdup(at("single.db"));
  several = strdup(at("several.db"));
  make_run(single, &one_target, forwards);
  make_run(several, &three_targets, mixed);
  return single && several ? 0 : -1;
}

static int teardown(void **state) {
  (void)state;
  free((void *)(uintptr_t)single);
  free((void *)(uintptr_t)several);
  return 0;
}

/* ---- the sums are those of the rows ---- */

/* Both give the same rows. */
static void agree(const char *db, const char *sql, const char *other) {
  char *first = strdup(ask(db, sql));
  assert_non_null(first);
  const char *second = ask(db, other);
  if (strcmp(first, second) != 0) fail_msg("%s\ngives\n%.600s\nbut %s\ngives\n%.600s", sql, first, other, second);
  assert_true(strlen(first) > 20);
  free(first);
}

TEST(flow_by_role) {
  const char *const dbs[] = {single, several};
  for (int i = 0; i < 2; i++) {
    agree(dbs[i], "SELECT role_id, n_on, sum FROM agg_role WHERE group_id = -1 AND layer = 0 AND sum > 1000 ORDER BY 1",
          "SELECT role_id, count(*) AS n_on, sum(CAST(round(flow * 1e6) AS INTEGER)) AS sum FROM (SELECT g.graph_id, hw_role_at(p.roles, f.position) "
          "AS role_id, sum(f.flow) AS flow FROM graph g JOIN prompt p USING(prompt_id), hw_token_flow(g.edges) f GROUP BY 1, 2) "
          "WHERE flow > 0 GROUP BY 1 HAVING sum > 1000 ORDER BY 1");
    /* all that enters a layer is the 1 that was put in */
    agree(dbs[i], "SELECT DISTINCT layer, 'one' AS flow FROM agg_role ORDER BY 1",
          "SELECT layer, CASE WHEN abs(sum(sum) * 1e-6 / (SELECT n FROM agg_group WHERE group_id = -1) - 1) < 1e-5 THEN 'one' END AS flow "
          "FROM agg_role WHERE group_id = -1 GROUP BY 1 ORDER BY 1");
    agree(dbs[i], "SELECT layer, role, round(mean, 9) AS mean, n_active FROM role_flow WHERE n_active > 0 ORDER BY 1, 2",
          "SELECT layer, role, round(sum(mean * n) / (SELECT n FROM agg_group WHERE group_id = -1), 9) AS mean, sum(n_active) AS n_active "
          "FROM (SELECT layer, role, a.sum * 1e-6 AS mean, 1 AS n, a.n_on AS n_active FROM (SELECT layer, role_id, sum(sum) AS sum, sum(n_on) AS n_on "
          "FROM agg_role WHERE group_id >= 0 GROUP BY 1, 2) a JOIN (SELECT role_id, name AS role FROM role) USING(role_id)) "
          "GROUP BY 1, 2 ORDER BY 1, 2");
  }
}

TEST(where_heads_look) {
  static const char slow[] =
      "WITH e AS (SELECT g.graph_id, e.layer, e.head, e.source AS j, e.target AS i, e.importance, p.tokens AS t FROM graph g "
      "JOIN prompt p USING(prompt_id), hw_edges(g.edges) e WHERE e.kind = 'attention'), k AS ("
      "SELECT *, 0 AS source FROM e UNION ALL SELECT *, 1 FROM e WHERE j = 0 UNION ALL SELECT *, 2 FROM e WHERE j = i "
      "UNION ALL SELECT *, 3 FROM e WHERE j = i - 1 UNION ALL SELECT *, 4 FROM e WHERE j < i AND hw_token_at(t, j) = hw_token_at(t, i) "
      "UNION ALL SELECT *, 5 FROM e WHERE j < i AND j > 0 AND hw_token_at(t, j - 1) = hw_token_at(t, i)) "
      "SELECT layer, head, source, count(DISTINCT graph_id) AS n_on, CAST(round(sum(importance) * 1e6) AS INTEGER) AS sum FROM k "
      "GROUP BY 1, 2, 3 ORDER BY 1, 2, 3";
  agree(single, "SELECT layer, head, source, n_on, sum FROM agg_head_source WHERE group_id = -1 ORDER BY 1, 2, 3", slow);
  agree(several, "SELECT layer, head, source, n_on, sum FROM agg_head_source WHERE group_id = -1 ORDER BY 1, 2, 3", slow);
}

TEST(answers_by_layer) {
  agree(single,
        "SELECT layer, n, n_top, rank_sum, probability_sum, n_foil, n_beats, diff_sum, n_first FROM agg_answer WHERE group_id = -1 ORDER BY 1",
        "SELECT layer, count(*) AS n, sum(rank = 1) AS n_top, sum(rank) AS rank_sum, CAST(round(sum(probability) * 1e6) AS INTEGER) AS "
        "probability_sum, count(foil_rank) AS n_foil, sum(logit_diff > 0) AS n_beats, CAST(round(sum(logit_diff) * 1e4) AS INTEGER) AS diff_sum, "
        "sum(rank = 1 AND layer = first) AS n_first FROM (SELECT *, min(CASE rank WHEN 1 THEN layer END) OVER (PARTITION BY prompt_id) AS first "
        "FROM lens) GROUP BY 1 ORDER BY 1");
  /* sums of squares: the standard deviation of the rows */
  agree(single, "SELECT layer, round(logit_diff_std, 6) AS s, round(probability_std, 6) AS p FROM answer_by_layer WHERE group_id = -1",
        "SELECT layer, round(sqrt((sum(logit_diff * logit_diff) - sum(logit_diff) * sum(logit_diff) / count(logit_diff)) / (count(logit_diff) - 1)), 6) AS s, "
        "round(sqrt((sum(probability * probability) - sum(probability) * sum(probability) / count(*)) / (count(*) - 1)), 6) AS p FROM lens GROUP BY 1");
  agree(single, "SELECT layer, n_foil, ties, round(beats_foil, 9) AS beats FROM answer_by_layer WHERE group_id = -1 ORDER BY 1",
        "SELECT layer, count(logit_diff) AS n_foil, sum(logit_diff = 0) AS ties, round(sum(logit_diff > 0) * 1.0 / sum(logit_diff <> 0), 9) AS beats "
        "FROM lens GROUP BY 1 ORDER BY 1");
  agree(single, "SELECT min(ties) > 3 AS enough_ties_to_test FROM answer_by_layer WHERE group_id = -1", "SELECT 1 AS enough_ties_to_test");
  /* the last layer is the answer itself, and the difference where it parts from the foil */
  agree(single, "SELECT prompt_id, round(l.logit_diff, 3) AS d FROM lens l WHERE layer = 2 ORDER BY 1",
        "SELECT prompt_id, round(logit_diff, 3) AS d FROM answer ORDER BY 1");
  agree(single, "SELECT count(*) AS different, 'of 80 prompts' AS of FROM lens l JOIN answer a USING(prompt_id) WHERE l.layer = 2 AND l.rank <> a.answer_rank",
        "SELECT 0 AS different, 'of 80 prompts' AS of");
}

TEST(whole_answers) {
  static const char slow[] =
      "WITH d AS (SELECT *, round(log_probability_diff * 1e4) * 1e-4 AS d FROM answer) SELECT count(answer_greedy) AS n, sum(answer_n_tokens > 1 AND answer_greedy IS NOT NULL) AS several, "
      "sum(n_shared > 0) AS shared, sum(n_shared > 0 AND logit_diff IS NULL) AS contained, round(avg(answer_greedy), 9) AS accuracy, count(d) AS n_foil, sum(d = 0) AS ties, "
      "round(sum(d > 0) * 1.0 / sum(d <> 0), 9) AS beats, round(avg(d), 6) AS mean, "
      "round(sqrt((sum(d * d) - sum(d) * sum(d) / count(d)) / (count(d) - 1)), 6) AS std FROM d";
  agree(single, "SELECT n, n_several AS several, n_shared AS shared, n_contained AS contained, round(accuracy, 9) AS accuracy, n_foil, ties, round(beats_foil, 9) AS beats, "
        "round(log_probability_diff, 6) AS mean, round(log_probability_diff_std, 6) AS std FROM whole_answer WHERE group_id = -1", slow);
  agree(single, "SELECT sum(n) AS n, sum(n_several) AS k, sum(n_foil) AS f, sum(ties) AS t FROM whole_answer WHERE group_id >= 0",
        "SELECT n, n_several AS k, n_foil AS f, ties AS t FROM whole_answer WHERE group_id = -1");
}

TEST(pairs_of_heads) {
  agree(several, "SELECT p.* FROM (SELECT hw_count_pairs(heads) AS c FROM graph), hw_pairs(c) p WHERE n_both > 0 ORDER BY 1, 2, 3, 4",
        "WITH h AS (SELECT g.graph_id, h.layer, h.head FROM graph g, hw_heads(g.heads) h), k AS (SELECT layer, head, count(*) AS n FROM h GROUP BY 1, 2) "
        "SELECT a.layer AS layer_a, a.head AS head_a, b.layer AS layer_b, b.head AS head_b, (SELECT count(*) FROM graph) AS n, "
        "(SELECT n FROM k WHERE layer = a.layer AND head = a.head) AS n_a, (SELECT n FROM k WHERE layer = b.layer AND head = b.head) AS n_b, "
        "count(*) AS n_both FROM h a JOIN h b ON b.graph_id = a.graph_id AND (b.layer, b.head) > (a.layer, a.head) GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4");
  assert_string_equal(ask(single, "SELECT count(*) AS n FROM (SELECT hw_count_pairs(heads) AS c FROM graph WHERE 0), hw_pairs(c)"), "n\r\n0\r\n");
}

TEST(lists_of_items_are_merged) {
  static const char *const slow =
      "SELECT g.graph_id, e.layer, e.head, round(max(e.importance), 6) AS importance FROM graph g, hw_edges(g.edges) e WHERE e.kind = 'attention' "
      "GROUP BY 1, 2, 3 ORDER BY 2, 3, 1";
  static const char *const merged =
      "SELECT l.graph_id, m.layer, m.head, round(l.importance, 6) AS importance FROM (SELECT item_id >> 22 AS layer, (item_id >> 12) & 1023 AS head, "
      "hw_merge_item_graphs(graphs) AS graphs FROM item_graph WHERE item_id < 1 << 30 GROUP BY 1, 2, chunk_id) m, hw_item_graphs(m.graphs) l ORDER BY 2, 3, 1";
  agree(single, merged, slow);
  agree(several, merged, slow);
  assert_string_equal(ask(single, "SELECT count(*) AS n FROM (SELECT hw_merge_item_graphs(graphs) AS g FROM item_graph WHERE 0) m, hw_item_graphs(m.g)"), "n\r\n0\r\n");
}

/* Graphs with importances, of which a third has no row in graph_info or answer: those of a layer's heads, and, without importances, others
 * in no order. Rows of them in the order of `%s`. */
#define SOME_LIST                                                                                                                                       \
  "WITH RECURSIVE i(i) AS (VALUES(0) UNION ALL SELECT i + 1 FROM i WHERE i < 59), lists AS MATERIALIZED (SELECT "                                       \
  "(SELECT hw_merge_item_graphs(graphs) FROM item_graph WHERE item_id < 1 << 22) AS heads, (SELECT hw_graph_list(g) FROM (SELECT g FROM (SELECT graph_id AS g FROM graph_info " \
  "UNION ALL SELECT (i * 7919 %% 997 << 20) + i %% 3 FROM i) ORDER BY g * 7919 %% 1009)) AS others), list AS MATERIALIZED (SELECT iif(%d, heads, others) AS graphs FROM lists), " \
  "some AS MATERIALIZED (SELECT l.graph_id AS g, iif(%d, l.importance, NULL) AS importance, i.predicted_probability AS p, a.answer_rank AS r, a.logit_diff AS d " \
  "FROM list, hw_item_graphs(graphs) l LEFT JOIN graph_info i ON i.graph_id = l.graph_id LEFT JOIN answer a ON a.prompt_id = l.graph_id >> 20), "       \
  "ordered AS MATERIALIZED (SELECT *, count(*) OVER () AS n, row_number() OVER o AS place, lag(g) OVER o AS before, lead(g) OVER o AS behind FROM some WINDOW o AS (ORDER BY %s))"

TEST(lists_in_order) {
  static const struct { const char *sort, *order; } orders[] = {
      {"'number', 0", "g"}, {"'number', 1", "g DESC"},
      {"'importance', 0", "coalesce(importance, 9e99), g"}, {"'importance', 1", "coalesce(-importance, 9e99), g"},
      {"'probability', 0", "coalesce(p, 9e99), g"}, {"'probability', 1", "coalesce(-p, 9e99), g"},
      {"'rank', 0", "coalesce(r, 9e99), g"}, {"'rank', 1", "coalesce(-r, 9e99), g"},
      {"'logit_diff', 0", "coalesce(d, 9e99), g"}, {"'logit_diff', 1", "coalesce(-d, 9e99), g"},
      {"'mixed', 0", "((g >> 20) & 4294967295) * 1640531527 & 4294967295, g"},
  };
  const char *const dbs[] = {single, several};
  char fast[2600], slow[2600];
  for (size_t k = 0; k < 2 * sizeof orders / sizeof *orders; k++) {
    int heads = k % 2;
    const char *sort = orders[k / 2].sort, *order = orders[k / 2].order;
    for (int i = 0; i < 2; i++) {
      for (int limit = 1; limit < 400; limit *= 18) {
        for (int after = 0; after < 40; after += 33) {
          (void)snprintf(fast, sizeof fast, SOME_LIST ", result AS MATERIALIZED (SELECT hw_list_page(graphs, %d, NULL, NULL, NULL, 0, 1 << 62, %s, (SELECT g FROM ordered WHERE place = %d), "
                         "%d) AS list FROM list) SELECT list ->> 'count' AS graphs_of_the_list, list ->> 'next' AS next, group_concat(r.value) AS rows "
                         "FROM result LEFT JOIN json_each(list, '$.rows') r", heads, heads, order, heads, sort, after, limit);
          (void)snprintf(slow, sizeof slow, SOME_LIST ", page AS (SELECT * FROM ordered WHERE place > %d ORDER BY place LIMIT %d) SELECT (SELECT max(n) FROM ordered) AS graphs_of_the_list, "
                         "iif(%d > 0 AND %d + %d < (SELECT max(n) FROM ordered), max(g) FILTER (WHERE place = %d + %d), NULL) AS next, group_concat(json_array(g, hw_json_number(importance))) "
                         "AS rows FROM page", heads, heads, order, after, limit, limit, after, limit, after, limit);
          agree(dbs[i], fast, slow);
        }
      }
      (void)snprintf(fast, sizeof fast, SOME_LIST " SELECT o.place, (SELECT hw_list_way(graphs, %d, NULL, NULL, NULL, 0, 1 << 62, %s, o.g >> 20, o.g & 1048575) FROM list) AS way FROM ordered o "
                     "ORDER BY 1", heads, heads, order, heads, sort);
      (void)snprintf(slow, sizeof slow, SOME_LIST " SELECT place, json_object('count', n, 'place', place, 'previous', before, 'next', behind) AS way FROM ordered ORDER BY 1", heads, heads, order);
      agree(dbs[i], fast, slow);
    }
  }
}

/* What a list does not have: a graph with nothing behind it, a prompt that stands where its number would, or nowhere; no rows at all. */
TEST(lists_without_a_graph) {
  static const struct { const char *call, *want; } others[] = {
      {"hw_list_page(g, 0, NULL, NULL, NULL, 0, 1 << 40, 'number', 0, 4 << 20, 2)", "{\"count\":3,\"next\":null,\"rows\":[]}"},
      {"hw_list_way(g, 0, NULL, NULL, NULL, 0, 1 << 40, 'number', 0, 4, NULL)", "{\"count\":3,\"place\":null,\"previous\":3145728,\"next\":5242881}"},
      {"hw_list_way(g, 0, NULL, NULL, NULL, 0, 1 << 40, 'number', 1, 4, NULL)", "{\"count\":3,\"place\":null,\"previous\":5242881,\"next\":3145728}"},
      {"hw_list_way(g, 0, NULL, NULL, NULL, 0, 1 << 40, 'rank', 0, 4, NULL)", "{\"count\":3,\"place\":null,\"previous\":null,\"next\":null}"},
      {"hw_list_way(g, 0, NULL, NULL, NULL, 0, 1 << 40, 'number', 0, 5, NULL)", "{\"count\":3,\"place\":3,\"previous\":5242881,\"next\":null}"},
      {"hw_list_way(g, 0, NULL, NULL, NULL, 0, 1 << 40, 'number', 1, 5, 1)", "{\"count\":3,\"place\":2,\"previous\":5242882,\"next\":3145728}"},
      {"hw_list_page(NULL, 0, NULL, NULL, NULL, 0, 1 << 40, 'number', 0, NULL, 5)", "{\"count\":0,\"next\":null,\"rows\":[]}"},
      {"hw_list_page(g, 0, NULL, NULL, NULL, 0, 1 << 40, 'number', 0, NULL, 0)", "{\"count\":3,\"next\":null,\"rows\":[]}"},
      {"hw_list_page(g, 0, x'', NULL, NULL, 0, 1 << 40, 'number', 0, NULL, 5)", "{\"count\":0,\"next\":null,\"rows\":[]}"},
      {"hw_list_page(g, 0, NULL, NULL, NULL, 4 << 20, (5 << 20) + 2, 'number', 0, NULL, 5)", "{\"count\":1,\"next\":null,\"rows\":[[5242881,null]]}"},
  };
  char fast[600], slow[200];
  for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
    (void)snprintf(fast, sizeof fast, "SELECT %s AS j FROM (SELECT hw_graph_list(g) AS g FROM (SELECT 3 << 20 AS g UNION ALL SELECT (5 << 20) + 2 UNION ALL SELECT (5 << 20) + 1))", others[i].call);
    (void)snprintf(slow, sizeof slow, "SELECT '%s' AS j", others[i].want);
    agree(single, fast, slow);
  }
  assert_string_equal(ask(single, "SELECT length(hw_graph_list(1)) AS n FROM (SELECT 1 WHERE 0)"), "n\r\n0\r\n");
  agree(several, "SELECT l.graph_id FROM (SELECT hw_graph_list(prompt_id, n_tokens) AS g FROM prompt), hw_item_graphs(g) l ORDER BY 1",
        "SELECT prompt_id << 20 | n_tokens - 1 AS graph_id FROM prompt ORDER BY 1");
  agree(single, "SELECT l.graph_id FROM (SELECT hw_graph_list(p, n) AS g FROM (SELECT 1 AS p, 0 AS n UNION ALL SELECT 2, -5 UNION ALL SELECT 3, 1 << 20 UNION ALL SELECT 4, (1 << 20) + 1)), "
                "hw_item_graphs(g) l ORDER BY 1", "SELECT column1 AS graph_id FROM (VALUES(1 << 20), (2 << 20), ((4 << 20) - 1), (4 << 20)) ORDER BY 1");
}

/* A list and two filters, by graph, and one by prompt: every way to give or to leave them. */
TEST(lists_are_filtered) {
  static const char some[] =
      "WITH l AS MATERIALIZED (SELECT (SELECT hw_merge_item_graphs(graphs) FROM item_graph WHERE item_id BETWEEN 1 << 22 AND (2 << 22) - 1) AS a, "
      "(SELECT hw_graph_list(graph_id) FROM graph_info WHERE graph_id * 7919 % 101 > 20) AS b, (SELECT hw_graph_list(graph_id) FROM graph_info WHERE graph_id * 7919 % 103 > 30) AS c, "
      "(SELECT hw_graph_list((prompt_id << 20) + 7) FROM prompt WHERE prompt_id % 5 > 0) AS p), with_f(f) AS (VALUES(0), (1), (2), (3), (4), (5), (6), (7)) ";
  char fast[1600], slow[1600];
  (void)snprintf(fast, sizeof fast, "%sSELECT f, hw_list_page(a, 1, iif(f & 1, b, NULL), iif(f & 2, c, NULL), iif(f & 4, p, NULL), 1 << 20, 70 << 20, 'number', 0, NULL, 1000) AS list "
                 "FROM with_f, l ORDER BY 1", some);
  (void)snprintf(slow, sizeof slow, "%sSELECT f, json_object('count', count(*), 'next', NULL, 'rows', json_group_array(json_array(graph_id, hw_json_number(importance)))) AS list FROM "
                 "(SELECT f, r.* FROM with_f, l, hw_item_graphs(a) r WHERE (NOT f & 1 OR r.graph_id * 7919 %% 101 > 20) AND (NOT f & 2 OR r.graph_id * 7919 %% 103 > 30) "
                 "AND (NOT f & 4 OR (r.graph_id >> 20) %% 5 > 0) AND r.graph_id >= 1 << 20 AND r.graph_id < 70 << 20 ORDER BY f, r.graph_id) GROUP BY f ORDER BY 1", some);
  agree(single, fast, slow);
  agree(several, fast, slow);
}

static void answers(sqlite3 *db, const char *sql, const char *wanted) {
  sqlite3_stmt *s;
  assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &s, NULL), SQLITE_OK);
  assert_int_equal(sqlite3_step(s), SQLITE_ROW);
  const char *found = (const char *)sqlite3_column_text(s, 0);
  if (strcmp(found ? found : "NULL", wanted) != 0) fail_msg("%s: %s, want %s", sql, found ? found : "NULL", wanted);
  assert_int_equal(sqlite3_finalize(s), SQLITE_OK);
}

/* Lists are kept under all of their names, by a connection that cannot write, while nothing is committed, and take no more than 8 MB. */
TEST(lists_are_kept) {
  sqlite3 *db, *other;
  char copy[300];
  (void)snprintf(copy, sizeof copy, "VACUUM INTO '%s'", at("kept.db"));
  write_sql(single, copy);
  assert_int_equal(sqlite3_open_v2(at("kept.db"), &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
  assert_int_equal(hw_register_functions(db), SQLITE_OK);
  assert_int_equal(sqlite3_open(at("kept.db"), &other), SQLITE_OK);
  assert_int_equal(hw_register_functions(other), SQLITE_OK);
  assert_int_equal(sqlite3_exec(db, "SELECT hw_keep_list()", NULL, NULL, NULL), SQLITE_ERROR);
  static const char kept_lists[] = "SELECT quote(hw_kept_list('a', 'b')) || quote(hw_kept_list('ab')) || quote(hw_kept_list('a', 1)) || quote(hw_kept_list('a', NULL)) || "
                                   "quote(hw_kept_list('a', x'62')) FROM run";
  answers(db, "SELECT quote(hw_keep_list(x'01', 'a', 'b')) || quote(hw_keep_list(x'02', 'ab')) || quote(hw_keep_list(x'', 'a', 1)) || quote(hw_keep_list(NULL, 'a', NULL)) FROM run",
          "X'01'X'02'X''NULL");
  answers(db, kept_lists, "X'01'X'02'X''NULLNULL");
  answers(db, "SELECT quote(hw_keep_list(x'03', 'a', 'b')) FROM run", "X'03'");
  answers(db, kept_lists, "X'03'X'02'X''NULLNULL");
  answers(other, "SELECT quote(hw_keep_list(x'01', 'a')) || quote(hw_kept_list('a')) FROM run", "X'01'NULL");
  assert_int_equal(sqlite3_exec(other, "UPDATE answer SET answer_rank = answer_rank + 1", NULL, NULL, NULL), SQLITE_OK);
  answers(db, kept_lists, "NULLNULLNULLNULLNULL");
  sqlite3_int64 before = sqlite3_memory_used();
  answers(db, "WITH RECURSIVE i(i) AS (VALUES(1) UNION ALL SELECT i + 1 FROM i WHERE i < 99) SELECT sum(length(hw_keep_list(zeroblob(1000000), i))) FROM i, run", "99000000");
  sqlite3_int64 kept = sqlite3_memory_used() - before;
  if (kept < 6000000 || kept > 8 << 20) fail_msg("%lld bytes are kept", (long long)kept);
  answers(db, "SELECT coalesce(length(hw_kept_list(91)), '-') || ' ' || length(hw_kept_list(92)) || ' ' || length(hw_kept_list(99)) FROM run", "- 1000000 1000000");
  answers(db, "SELECT length(hw_keep_list(zeroblob(3000000), 100)) || ' ' || coalesce(length(hw_kept_list(93)), '-') || ' ' || length(hw_kept_list(92)) FROM run", "3000000 - 1000000");
  answers(db, "SELECT length(hw_keep_list(zeroblob(5000000), 101)) || ' ' || coalesce(length(hw_kept_list(101)), '-') || ' ' || length(hw_kept_list(100)) FROM run", "5000000 - 3000000");
  assert_int_equal(sqlite3_close(db), SQLITE_OK);
  assert_int_equal(sqlite3_close(other), SQLITE_OK);
  assert_true(sqlite3_memory_used() <= before);
}

#define TEXTS                                                                                                                              \
  "WITH t(t) AS (VALUES(''), (NULL), ('50%% of a_b%%'), ('\u00c9t\u00e9'), ('Zz'), ('1234567890123456 places'), "                       \
  "('What begins behind \u00e9 16 Places, or at a place LATER'), ('AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAzY'), ('`{@[ is no @[`{'), "   \
  "('`@{[`@{[`@{[`@{[`@{[`@{[`@{[') UNION ALL SELECT text FROM prompt) SELECT t AS a_text, "

TEST(a_text_contains) {
  static const char *const parts[] = {"",   "a",  "AND",       " an",          "b%",     "_",  "store", "\u00e9", "\u00c9T",
                                      "zz", "Zy", "16 places", "\u00e9 16", "@[`{", "zY", "T a",   "lace later"};
  for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
    char fast[600], slow[700];
    (void)snprintf(fast, sizeof fast, TEXTS "hw_contains(t, '%s') AS found FROM t", parts[i]);
    (void)snprintf(slow, sizeof slow, TEXTS "t LIKE '%%' || replace(replace('%s', '%%', '!%%'), '_', '!_') || '%%' ESCAPE '!' AS found FROM t", parts[i]);
    agree(single, fast, slow);
  }
}

TEST(sizes_at_thresholds) {
  agree(several, "SELECT g.graph_id, s.edges, s.heads, s.ffn_nodes FROM graph g, hw_graph_size(g.edges) s ORDER BY 1",
        "SELECT graph_id, n_edges AS edges, n_heads AS heads, n_ffn_nodes AS ffn_nodes FROM graph_info ORDER BY 1");
  agree(single, "SELECT g.graph_id, s.edges FROM graph g, hw_graph_size(g.edges, 0.2) s ORDER BY 1",
        "SELECT g.graph_id, count(*) AS edges FROM graph g, hw_edges(g.edges, 0.2) e GROUP BY 1 ORDER BY 1");
}

TEST(a_token_is_filtered) {
  agree(several, "SELECT g.graph_id, p.* FROM graph g, hw_projections(g.projections, 17) p ORDER BY 1, 2, 4, 5, 6, 8, 9",
        "SELECT g.graph_id, p.* FROM graph g, hw_projections(g.projections) p WHERE p.token_id = 17 ORDER BY 1, 2, 4, 5, 6, 8, 9");
}

TEST(prompts_of_an_edge) {
  const hw_named_query *queries;
  size_t n = hw_named_queries(&queries), i = 0;
  while (i < n && strcmp(queries[i].name, "edge_prompts") != 0) i++;
  assert_true(i < n);
  char *layer = strdup(ask(several, "SELECT layer FROM edge_frequency WHERE kind = 'attention' AND source_role = 'S1+1' AND target_role = 'END' ORDER BY n_active DESC, item_id LIMIT 1"));
  char *head = strdup(ask(several, "SELECT head FROM edge_frequency WHERE kind = 'attention' AND source_role = 'S1+1' AND target_role = 'END' ORDER BY n_active DESC, item_id LIMIT 1"));
  assert_true(layer && head);
  layer[strcspn(layer, "\r")] = head[strcspn(head, "\r")] = ' '; /* "layer 1" */
  int l = 0, h = 0;
  assert_true(sscanf(layer, "layer %d", &l) == 1 && sscanf(head, "head %d", &h) == 1);
  char l_text[12], h_text[12], sql[700];
  (void)snprintf(l_text, sizeof l_text, "%d", l);
  (void)snprintf(h_text, sizeof h_text, "%d", h);
  const hw_parameter parameters[] = {{"layer", l_text}, {"head", h_text}, {"source", "S1+1"}, {"target", "END"}, {"limit", "1000"}};
  char *found = strdup(ask_with(several, queries[i].sql, parameters, 5, HW_FORMAT_CSV));
  (void)snprintf(sql, sizeof sql,
                 "SELECT g.prompt_id, g.target_pos, max(e.importance) AS importance, q.name AS group_name, p.counterfactual_of, p.text FROM graph g JOIN prompt p USING(prompt_id) "
                 "JOIN prompt_group q USING(group_id), hw_edges(g.edges) e WHERE e.kind = 'attention' AND e.layer = %d AND e.head = %d "
                 "AND hw_role_at(p.roles, e.source) = 2 AND hw_role_at(p.roles, e.target) = 6 GROUP BY g.graph_id ORDER BY 3 DESC, g.graph_id",
                 l, h);
  assert_string_equal(found, ask(several, sql));
  assert_true(strlen(found) > 200);
  free(found);
  free(layer);
  free(head);
}

/* ---- every query ---- */

/* Parameters that have no default. */
static const hw_parameter wanted[] = {{"prompt", "0"}, {"layer", "1"}, {"head", "1"}, {"neuron", "1"}, {"source", "BOS"}, {"target", "END"}, {"token", "tok"}};

static bool run_query(hw_store *store, const hw_named_query *query, hw_buffer *out, hw_error *err) {
  hw_parameter parameters[8];
  size_t n = 0;
  for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
    hw_comment_line line;
    for (const char *sql = query->sql; hw_query_comment(&sql, &line);)
      if (line.kind == HW_COMMENT_PARAMETER && hw_comment_is(line.name, wanted[i].name) && !line.value.at) parameters[n++] = wanted[i];
  }
  return hw_store_select(store, query->sql, parameters, n, HW_FORMAT_CSV, collect, out, err);
}

TEST(every_query_answers) {
  const hw_named_query *queries;
  size_t n = hw_named_queries(&queries), ran = 0;
  const char *const dbs[] = {single, several};
  for (int d = 0; d < 2; d++) {
    hw_store *store;
    hw_buffer out;
    hw_buffer_init(&out);
    OK(hw_store_open_read(dbs[d], &store, e));
    for (size_t i = 0; i < n; i++) {
      hw_error none;
      if (!hw_store_query_ready(store, &queries[i], &none)) continue;
      hw_buffer_reset(&out);
      OK(run_query(store, &queries[i], &out, e));
      assert_true(out.length > 4);
      size_t length;
      (void)hw_query_summary(queries[i].sql, &length);
      if (length >= 130) fail_msg("%s: its summary is too long for the list", queries[i].name);
      ran++;
    }
    hw_buffer_fini(&out);
    OK(hw_store_close(store, false, e));
  }
  assert_true(ran > 50);
}

/* ---- limits ---- */

TEST(time_limit) {
  hw_store *store;
  hw_buffer out;
  hw_buffer_init(&out);
  OK(hw_store_open_read(single, &store, e));
  hw_store_set_timeout(store, 0.2);
  double start = hw_clock_seconds();
  REFUSED("stopped after 0.2 s", hw_store_select(store, "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT count(*) FROM c", NULL,
                                                 0, HW_FORMAT_CSV, collect, &out, e));
  REFUSED("stopped after 0.2 s", hw_store_select(store, "SELECT count(*) FROM graph a, graph b, graph c, graph d, graph e, graph f", NULL, 0,
                                                 HW_FORMAT_CSV, collect, &out, e));
  assert_true(hw_clock_seconds() - start < 20);
  hw_buffer_reset(&out);
  OK(hw_store_select(store, "SELECT 1 AS one", NULL, 0, HW_FORMAT_CSV, collect, &out, e));
  assert_string_equal(out.data, "one\r\n1\r\n");
  OK(hw_store_close(store, false, e));
  hw_buffer_fini(&out);
}

TEST(choices) {
  hw_store *store;
  hw_buffer out;
  hw_buffer_init(&out);
  OK(hw_store_open_read(single, &store, e));
  const hw_parameter by = {"by", "size"};
  REFUSED("\"size\" is none of importance, flow, frequency",
          hw_store_select(store, "SELECT hw_choice(:by, 'importance', 'flow', 'frequency')", &by, 1, HW_FORMAT_CSV, collect, &out, e));
  OK(hw_store_close(store, false, e));
  hw_buffer_fini(&out);
  assert_string_equal(ask(single, "SELECT hw_choice('B', 'a', 'b') AS c"), "c\r\n1\r\n");
}

TEST(student_in_sql) { /* tests/stats/student.h; 1 - P(|T| <= t) would give 0 */
  assert_string_equal(ask(single, "SELECT abs(hw_t_two_sided(-9, 999) / 1.114596875948983e-18 - 1) < 1e-12 AS small, hw_t_two_sided(0, 3) AS one, "
                                  "hw_t_two_sided(NULL, 3) IS NULL AND hw_t_two_sided(1, NULL) IS NULL AND hw_t_two_sided(1, 0) IS NULL AS none"),
                      "small,one,none\r\n1,1,1\r\n");
}

/* ---- damaged bytes ---- */

static const struct {
  const char *table, *key, *column, *sql;
} damages[] = {
    {"graph", "graph_id", "edges", "SELECT count(*), sum(flow) FROM graph g, hw_edges(g.edges)"},
    {"graph", "graph_id", "edges", "SELECT sum(s.edges) FROM graph g, hw_graph_size(g.edges, 0.1) s"},
    {"graph", "graph_id", "heads", "SELECT count(*) FROM graph g, hw_heads(g.heads)"},
    {"graph", "graph_id", "heads", "SELECT hw_count_pairs(heads) FROM graph"},
    {"graph", "graph_id", "neurons", "SELECT count(*), sum(activation) FROM graph g, hw_neurons(g.neurons)"},
    {"graph", "graph_id", "projections", "SELECT count(*), sum(score) FROM graph g, hw_projections(g.projections)"},
    {"answer_lens", "prompt_id", "lens", "SELECT count(*), sum(logit) FROM answer_lens a, hw_lens(a.lens)"},
    {"prompt", "prompt_id", "tokens", "SELECT count(*), sum(token_id) FROM prompt p, hw_tokens(p.tokens)"},
};

static void spoil(uint64_t *rng, uint8_t *bytes, size_t *length) {
  switch (synthetic_below(rng, 5)) {
    case 0: *length = synthetic_below(rng, (uint32_t)*length); break;
    case 1: memset(bytes, 0xff, *length < 12 ? *length : 12); break;
    default:
      for (uint32_t k = 1 + synthetic_below(rng, 3); k > 0; k--) bytes[synthetic_below(rng, (uint32_t)*length)] = (uint8_t)synthetic_random(rng);
  }
}

/* Puts random bytes into a column of prompt 7 and asks. An error must name the prompt; silence is only fine when the bytes make sense. */
TEST(damaged_bytes_name_their_prompt) {
  make_run(at("spoiled.db"), &one_target, forwards);
  const char *path = at("spoiled.db");
  char db[300];
  (void)snprintf(db, sizeof db, "%s", path);
  uint64_t rng = 11;
  int refused = 0;
  for (int round = 0; round < 400; round++) {
    size_t which = (size_t)round % (sizeof damages / sizeof damages[0]);
    char sql[200];
    sqlite3 *raw;
    sqlite3_stmt *s;
    int64_t prompt = 7, id = !strcmp(damages[which].key, "graph_id") ? prompt << 20 : prompt;
    assert_int_equal(sqlite3_open(db, &raw), SQLITE_OK);
    (void)snprintf(sql, sizeof sql, "SELECT %s, %s FROM %s WHERE %s >= %lld ORDER BY 1 LIMIT 1", damages[which].key, damages[which].column,
                   damages[which].table, damages[which].key, (long long)id);
    assert_int_equal(sqlite3_prepare_v2(raw, sql, -1, &s, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(s), SQLITE_ROW);
    id = sqlite3_column_int64(s, 0);
    prompt = !strcmp(damages[which].key, "graph_id") ? id >> 20 : id;
    size_t length = (size_t)sqlite3_column_bytes(s, 1), whole = length;
    uint8_t *sound = malloc(length), *bytes = malloc(length);
    assert_true(sound && bytes && length);
    memcpy(sound, sqlite3_column_blob(s, 1), length);
    memcpy(bytes, sound, length);
    (void)sqlite3_finalize(s);
    spoil(&rng, bytes, &length);
    (void)snprintf(sql, sizeof sql, "UPDATE %s SET %s = ? WHERE %s = %lld", damages[which].table, damages[which].column, damages[which].key, (long long)id);
    for (int pass = 0; pass < 2; pass++) {
      assert_int_equal(sqlite3_prepare_v2(raw, sql, -1, &s, NULL), SQLITE_OK);
      (void)sqlite3_bind_blob(s, 1, pass ? sound : bytes, (int)(pass ? whole : length), SQLITE_STATIC);
      assert_int_equal(sqlite3_step(s), SQLITE_DONE);
      (void)sqlite3_finalize(s);
      if (pass) break;
      hw_store *store;
      hw_buffer out;
      hw_error why = {0};
      char name[40];
      hw_buffer_init(&out);
      OK(hw_store_open_read(db, &store, e));
      bool ok = hw_store_select(store, damages[which].sql, NULL, 0, HW_FORMAT_CSV, collect, &out, &why);
      OK(hw_store_close(store, false, e));
      hw_buffer_fini(&out);
      (void)snprintf(name, sizeof name, " prompt %lld", (long long)prompt);
      refused += !ok;
      /* a damaged header may name another prompt, but it names one */
      if (!ok && !strstr(why.message, name) && !strstr(why.message, " prompt ")) fail_msg("%s: no prompt in: %s", damages[which].sql, why.message);
    }
    free(sound);
    free(bytes);
    (void)sqlite3_close(raw);
  }
  assert_true(refused > 200);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(flow_by_role),        cmocka_unit_test(where_heads_look),    cmocka_unit_test(answers_by_layer),
      cmocka_unit_test(whole_answers),
      cmocka_unit_test(pairs_of_heads),      cmocka_unit_test(lists_of_items_are_merged), cmocka_unit_test(lists_in_order), cmocka_unit_test(lists_without_a_graph), cmocka_unit_test(lists_are_filtered), cmocka_unit_test(lists_are_kept), cmocka_unit_test(a_text_contains), cmocka_unit_test(sizes_at_thresholds), cmocka_unit_test(a_token_is_filtered),
      cmocka_unit_test(prompts_of_an_edge), cmocka_unit_test(every_query_answers), cmocka_unit_test(time_limit),          cmocka_unit_test(choices), cmocka_unit_test(student_in_sql),
      cmocka_unit_test(damaged_bytes_name_their_prompt),
  };
  char command[300];
  if (!mkdtemp(folder)) return 1;
  int failed = cmocka_run_group_tests(tests, setup, teardown);
  (void)snprintf(command, sizeof command, "rm -r '%s'", folder);
  return system(command) == 0 ? failed : 1;
}
