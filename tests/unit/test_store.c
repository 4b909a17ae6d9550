/* SPDX-License-Identifier: Apache-2.0
 * The database: what was put in comes out, whatever the order of chunks; sums and intervals against a naive recount. */
#include "store_fixture.h"
#include "headwater/query.h"

/* ---- writing ---- */

TEST(any_order_gives_the_same_digest) {
  const synthetic_shape *shapes[] = {&one_target, &three_targets};
  for (int s = 0; s < 2; s++) {
    char a[33], b[33];
    make_run(at("a.db"), shapes[s], forwards);
    make_run(at("b.db"), shapes[s], mixed);
    digest_of(at("a.db"), a);
    digest_of(at("b.db"), b);
    assert_string_equal(a, b);
    write_sql(at("b.db"), "UPDATE process SET host = 'elsewhere'");
    digest_of(at("b.db"), b);
    assert_string_equal(a, b);
    write_sql(at("b.db"), "UPDATE agg_head SET sum = sum + 1 WHERE group_id = 0 AND layer = 1 AND head = 0");
    digest_of(at("b.db"), b);
    assert_string_not_equal(a, b);
  }
}

TEST(resumes) {
  hw_run_info info = synthetic_run(&one_target, N_GROUPS, N_PROMPTS);
  hw_store *store;
  char a[33], b[33];
  bool done[N_CHUNKS];
  int64_t n_prompts, n_failed;
  make_run(at("a.db"), &one_target, forwards);
  (void)unlink(at("r.db"));
  OK(hw_store_open_run(at("r.db"), &info, &synthetic_process, true, &store, e));
  put_chunk(store, &one_target, &info, 1);
  put_chunk(store, &one_target, &info, 4);
  put_vocabulary(store);
  OK(hw_store_close(store, false, e));
  OK(hw_store_open_run(at("r.db"), &info, &synthetic_process, false, &store, e));
  OK(hw_store_chunks_done(store, N_CHUNKS, done, &n_prompts, &n_failed, e));
  assert_int_equal(n_prompts, 2 * CHUNK);
  for (int i = 0; i < N_CHUNKS; i++) assert_int_equal(done[i], i == 1 || i == 4);
  REFUSED("holds chunk 4", hw_store_chunks_done(store, 3, done, &n_prompts, &n_failed, e));
  for (int i = 0; i < N_CHUNKS; i++)
    if (i != 1 && i != 4) put_chunk(store, &one_target, &info, i);
  OK(hw_store_close(store, true, e));
  digest_of(at("a.db"), a);
  digest_of(at("r.db"), b);
  assert_string_equal(a, b);
  assert_string_equal(ask(at("r.db"), "SELECT process_id, prompts_done FROM process"),
                      "process_id,prompts_done\r\n1,32\r\n2,48\r\n");
  assert_string_equal(ask(at("r.db"), "SELECT (SELECT count(*) FROM prompt) + (SELECT count(*) FROM failed) AS n, "
                                      "(SELECT count(*) FROM failed) > 0 AS some"),
                      "n,some\r\n80,1\r\n");
}

TEST(chunks_may_wait_for_one_commit) {
  static const char *const count = "SELECT count(*) AS n FROM chunk";
  for (int s = 0; s < 2; s++) {
    const synthetic_shape *shape = s ? &three_targets : &one_target;
    hw_run_info info = synthetic_run(shape, N_GROUPS, N_PROMPTS);
    hw_store *store;
    char a[33], b[33];
    make_run(at("a.db"), shape, forwards);
    (void)unlink(at("c.db"));
    OK(hw_store_open_run(at("c.db"), &info, &synthetic_process, false, &store, e));
    put_vocabulary(store);
    hw_store_commit_every(store, 3600);
    put_chunk(store, shape, &info, 2);
    put_chunk(store, shape, &info, 0);
    assert_string_equal(ask(at("c.db"), count), "n\r\n0\r\n"); /* another connection */
    OK(hw_store_flush(store, e));
    assert_string_equal(ask(at("c.db"), count), "n\r\n2\r\n");
    put_chunk(store, shape, &info, 3);
    OK(hw_store_tick(store, e)); /* not yet */
    assert_string_equal(ask(at("c.db"), count), "n\r\n2\r\n");
    hw_store_commit_every(store, 0); /* its time is over, and no further chunk comes */
    OK(hw_store_tick(store, e));
    assert_string_equal(ask(at("c.db"), count), "n\r\n3\r\n");
    hw_store_commit_every(store, 3600);
    put_chunk(store, shape, &info, 1);
    /* One that cannot be stored takes along those that wait, and only those. */
    hw_arena arena;
    hw_arena_init(&arena);
    hw_chunk_record chunk;
    hw_encoded_chunk *encoded;
    OK(synthetic_chunk(5, 2, 2 * CHUNK, CHUNK, shape, N_GROUPS, true, &arena, &chunk, e));
    OK(hw_encode_chunk(&chunk, &info, &encoded, e));
    REFUSED("chunk 2 is stored already", hw_store_put_chunk(store, encoded, e));
    hw_encoded_chunk_free(encoded);
    hw_arena_fini(&arena);
    OK(hw_store_flush(store, e));
    assert_string_equal(ask(at("c.db"), count), "n\r\n3\r\n");
    for (int i = 0; i < N_CHUNKS; i++)
      if (i != 2 && i != 0 && i != 3) put_chunk(store, shape, &info, i);
    OK(hw_store_close(store, false, e)); /* commits */
    digest_of(at("a.db"), a);
    digest_of(at("c.db"), b);
    assert_string_equal(a, b);
  }
}

TEST(refuses_other_files) {
  hw_run_info info = synthetic_run(&one_target, N_GROUPS, N_PROMPTS), other = info;
  hw_store *store, *second;
  const char *values[] = {"auto", "0.05"};
  make_run(at("a.db"), &one_target, forwards);
  other.fingerprint = "beef";
  other.setting_values = values;
  other.model_name = "another";
  REFUSED("holds another run: model is 'synthetic' there, 'another' here; threshold is '0.04' there, '0.05' here",
          hw_store_open_run(at("a.db"), &other, &synthetic_process, false, &store, e));
  assert_true(hw_file_exists(at("a.db")));
  write_sql(at("a.db"), "PRAGMA user_version = 99");
  REFUSED("newer Headwater: schema version 99", hw_store_open_run(at("a.db"), &info, &synthetic_process, false, &store, e));
  REFUSED("newer Headwater", hw_store_open_read(at("a.db"), &store, e));
  (void)unlink(at("o.db"));
  write_sql(at("o.db"), "CREATE TABLE mine(a)");
  REFUSED("not one of Headwater's", hw_store_open_run(at("o.db"), &info, &synthetic_process, false, &store, e));
  REFUSED("not one of Headwater's", hw_store_open_read(at("o.db"), &store, e));
  FILE *file = fopen(at("text"), "w");
  for (int i = 0; i < 300; i++) fputs("prompt,answer\n", file);
  fclose(file);
  REFUSED("not a database", hw_store_open_run(at("text"), &info, &synthetic_process, false, &store, e));
  REFUSED("not a database", hw_store_open_read(at("text"), &store, e));
  assert_true(hw_file_exists(at("text")));
  REFUSED("nowhere/x.db: cannot be written",
          hw_store_open_run(at("nowhere/x.db"), &info, &synthetic_process, false, &store, e));
  REFUSED("not a regular file", hw_store_open_run(folder, &info, &synthetic_process, false, &store, e));
  REFUSED("gone.db", hw_store_open_read(at("gone.db"), &store, e));
  /* A setting twice breaks the creation: the new file goes away again. */
  const char *names[] = {"bos", "bos"};
  other = info;
  other.setting_names = names;
  REFUSED("new.db", hw_store_open_run(at("new.db"), &other, &synthetic_process, false, &store, e));
  assert_false(hw_file_exists(at("new.db")));
  assert_false(hw_file_exists(at("new.db-wal")));
  /* Two writers. A reader is welcome meanwhile. */
  (void)unlink(at("w.db"));
  OK(hw_store_open_run(at("w.db"), &info, &synthetic_process, false, &store, e));
  REFUSED("another process is writing", hw_store_open_run(at("w.db"), &info, &synthetic_process, false, &second, e));
  assert_true(hw_file_exists(at("w.db")));
  put_chunk(store, &one_target, &info, 0);
  assert_string_equal(ask(at("w.db"), "SELECT count(*) AS n FROM chunk"), "n\r\n1\r\n");
  hw_arena arena;
  hw_arena_init(&arena);
  hw_chunk_record chunk;
  hw_encoded_chunk *encoded;
  OK(synthetic_chunk(5, 0, 0, CHUNK, &one_target, N_GROUPS, true, &arena, &chunk, e));
  OK(hw_encode_chunk(&chunk, &info, &encoded, e));
  REFUSED("chunk 0 is stored already", hw_store_put_chunk(store, encoded, e));
  hw_encoded_chunk_free(encoded);
  hw_arena_fini(&arena);
  put_chunk(store, &one_target, &info, 1);
  OK(hw_store_close(store, true, e));
  OK(hw_store_close(NULL, true, e));
}

TEST(full_disk_and_overflow_leave_what_was_there) {
  hw_run_info info = synthetic_run(&one_target, N_GROUPS, N_PROMPTS);
  hw_store *store;
  hw_chunk_record chunk;
  hw_encoded_chunk *encoded;
  hw_arena arena;
  char before[33], after[33];
  hw_arena_init(&arena);
  (void)unlink(at("f.db"));
  OK(hw_store_open_run(at("f.db"), &info, &synthetic_process, false, &store, e));
  put_chunk(store, &one_target, &info, 0);
  OK(hw_store_digest(store, before, e));
  OK(hw_store_exec(store, "PRAGMA max_page_count = 1", "limit it", e)); /* SQLite takes the present size as the least */
  OK(synthetic_chunk(5, 1, CHUNK, CHUNK, &one_target, N_GROUPS, true, &arena, &chunk, e));
  OK(hw_encode_chunk(&chunk, &info, &encoded, e));
  REFUSED("the disk is full; what was stored before is intact", hw_store_put_chunk(store, encoded, e));
  OK(hw_store_digest(store, after, e));
  assert_string_equal(before, after);
  OK(hw_store_exec(store, "PRAGMA max_page_count = 1000000", "limit it", e));
  OK(hw_store_exec(store, "UPDATE agg_head SET ssq = 9223372036854775807", "fill it", e));
  REFUSED("a sum grew too large", hw_store_put_chunk(store, encoded, e));
  OK(hw_store_exec(store, "UPDATE agg_head SET ssq = 0", "empty it", e));
  OK(hw_store_put_chunk(store, encoded, e));
  hw_encoded_chunk_free(encoded);
  OK(hw_store_close(store, true, e));
  assert_string_equal(ask(at("f.db"), "PRAGMA integrity_check"), "integrity_check\r\nok\r\n");
  hw_arena_fini(&arena);
}

TEST(neuron_projections_are_asked_for_once) {
  make_run(at("n.db"), &one_target, forwards);
  hw_run_info info = synthetic_run(&one_target, N_GROUPS, N_PROMPTS);
  hw_store *store;
  uint16_t layers[8];
  uint32_t neurons[8];
  size_t n, total = 0;
  OK(hw_store_open_run(at("n.db"), &info, &synthetic_process, false, &store, e));
  const int32_t ids[] = {3, 7};
  const float up[] = {2, 1}, down[] = {-2, -1};
  for (;; total += n) {
    OK(hw_store_pending_neurons(store, 8, layers, neurons, &n, e));
    if (!n) break;
    hw_projection rows[8];
    for (size_t i = 0; i < n; i++)
      rows[i] = (hw_projection){.kind = HW_COMPONENT_NEURON,
                                .layer = layers[i],
                                .index = neurons[i],
                                .k = 2,
                                .promotes = ids,
                                .promote_scores = up,
                                .suppresses = ids,
                                .suppress_scores = down};
    OK(hw_store_put_neuron_projections(store, rows, n, e));
  }
  OK(hw_store_close(store, true, e));
  char wanted[64];
  (void)snprintf(wanted, sizeof wanted, "n\r\n%zu\r\n", total);
  assert_string_equal(ask(at("n.db"), "SELECT count(*) AS n FROM neuron_importance"), wanted);
  const hw_parameter which[] = {{"layer", "0"}, {"neuron", "0"}};
  const hw_named_query *queries;
  size_t n_queries = hw_named_queries(&queries), q = 0;
  while (q < n_queries && strcmp(queries[q].name, "neuron_tokens") != 0) q++;
  assert_string_equal(ask_with(at("n.db"), queries[q].sql, which, 2, HW_FORMAT_CSV),
                      "list,rank,token_id,token,score\r\npromotes,1,3, tok,2\r\npromotes,2,7,\"\xEF\xBF\xBD\"\"x\",1\r\n"
                      "suppresses,1,3, tok,-2\r\nsuppresses,2,7,\"\xEF\xBF\xBD\"\"x\",-1\r\n");
  assert_string_equal(ask(at("n.db"), "SELECT token_id, text, bytes FROM token WHERE token_id BETWEEN 6 AND 9"),
                      "token_id,text,bytes\r\n6, tok,\r\n7,\"\xEF\xBF\xBD\"\"x\",ff2278\r\n8,a\xEF\xBF\xBD"
                      "b,610062\r\n9,\"\",\r\n");
}

/* ---- statistics ---- */

/* P(|T| < t) for integer degrees of freedom, as a finite sum (Abramowitz & Stegun 26.7.3, 26.7.4). */
static double t_inside(double t, int df) {
  double angle = atan(t / sqrt(df)), c = cos(angle), s = sin(angle), term = df % 2 ? c : 1, sum = df == 1 ? 0 : term;
  for (int k = df % 2 ? 3 : 2; k <= df - 2; k += 2) sum += term *= c * c * (k - 1) / k;
  return df % 2 ? (angle + s * sum) * 2 / 3.14159265358979323846 : s * sum;
}

static void check_t(const char *what, double t, int df) {
  static const struct {
    int df;
    double t; /* by 30 digits of the incomplete beta function */
  } exact[] = {{1, 12.706204736174698}, {10, 2.2281388519862748}, {201, 1.9718365067798593}, {299, 1.9679296690656699}, {999, 1.9623414611334500}};
  if (!(fabs(t_inside(t, df) - 0.95) < 2e-12)) fail_msg("%s, df %d: %.15g covers %.15g", what, df, t, t_inside(t, df));
  for (size_t i = 0; i < sizeof exact / sizeof *exact; i++)
    if (df == exact[i].df && !(fabs(t - exact[i].t) < (df > 200 ? 3e-12 : 1e-13))) fail_msg("%s, df %d: %.15g, wanted %.15g", what, df, t, exact[i].t);
}

/* The largest square of an importance or a flow is 10^12. */
TEST(graphs_whose_squares_would_overflow_are_refused) {
  int64_t sum;
  assert_false(__builtin_mul_overflow(HW_MOST_GRAPHS, INT64_C(1000000000000), &sum));
  assert_true(__builtin_mul_overflow(HW_MOST_GRAPHS + 1, INT64_C(1000000000000), &sum));
  OK(hw_store_check_graphs(HW_MOST_GRAPHS, e));
  REFUSED("9223373 graphs: one database holds at most 9223372", hw_store_check_graphs(HW_MOST_GRAPHS + 1, e));
}

TEST(t_quantiles) {
  make_run(at("a.db"), &one_target, forwards);
  sqlite3 *db;
  sqlite3_stmt *s;
  assert_int_equal(sqlite3_open(at("a.db"), &db), SQLITE_OK);
  assert_int_equal(
      sqlite3_exec(db,
                   "DELETE FROM agg_group; INSERT INTO agg_group WITH RECURSIVE k(i) AS (SELECT 2 UNION ALL SELECT i + 1 "
                   "FROM k WHERE i < 1200) SELECT i, i, i, 0 FROM k",
                   NULL, NULL, NULL),
      SQLITE_OK);
  assert_int_equal(sqlite3_prepare_v2(db, "SELECT n_prompts - 1, t975 FROM group_size ORDER BY 1", -1, &s, NULL),
                   SQLITE_OK);
  for (int df = 1; df < 1200; df++) {
    assert_int_equal(sqlite3_step(s), SQLITE_ROW);
    assert_int_equal(sqlite3_column_int(s, 0), df);
    check_t("group_size", sqlite3_column_double(s, 1), df);
  }
  sqlite3_finalize(s);
  sqlite3_close(db);
}

/* The intervals of answer_by_layer, from rows whose standard error is 1e-3 (probability) and 2^20 * 1e-4 (logit_diff) around 0. */
TEST(t_quantiles_of_answers) {
  make_run(at("a.db"), &one_target, forwards);
  sqlite3 *db;
  sqlite3_stmt *s;
  assert_int_equal(sqlite3_open(at("a.db"), &db), SQLITE_OK);
  assert_int_equal(sqlite3_exec(db,
                                "DELETE FROM agg_answer; INSERT INTO agg_answer WITH RECURSIVE k(n) AS (SELECT 2 UNION ALL SELECT n + 1 FROM k "
                                "WHERE n < 1200) SELECT n, 0, n, 0, 0, 0, 0, 0, n * (n - 1) * 1000000, n, 0, 0, 0, n * (n - 1), 0 FROM k",
                                NULL, NULL, NULL),
                   SQLITE_OK);
  assert_int_equal(sqlite3_prepare_v2(db, "SELECT probability_hi, logit_diff_hi FROM answer_by_layer ORDER BY n", -1, &s, NULL), SQLITE_OK);
  for (int df = 1; df < 1200; df++) {
    assert_int_equal(sqlite3_step(s), SQLITE_ROW);
    check_t("probability", sqlite3_column_double(s, 0) * 1e3, df);
    check_t("logit_diff", sqlite3_column_double(s, 1) / (1048576 * 1e-4), df);
  }
  sqlite3_finalize(s);
  sqlite3_close(db);
}

typedef struct series { /* values per graph, prompt after prompt */
  double x[3 * N_PROMPTS], prompt[3 * N_PROMPTS];
  int n;
} series;

static void near(const char *what, double a, double b) {
  if (!(fabs(a - b) <= 1e-9 * (1 + fabs(b)))) fail_msg("%s: %.17g, wanted %.17g", what, a, b);
}

/* Mean, std and half width of the interval, the long way. */
static void recount(const series *v, double *mean, double *std, double *half, int *n_prompts) {
  double sum = 0, square = 0, clusters = 0;
  for (int i = 0; i < v->n; i++) sum += v->x[i];
  *mean = sum / v->n;
  for (int i = 0; i < v->n; i++) square += (v->x[i] - *mean) * (v->x[i] - *mean);
  *std = sqrt(square / (v->n - 1));
  *n_prompts = 0;
  for (int i = 0; i < v->n;) {
    double residual = 0;
    int first = i;
    for (; i < v->n && v->prompt[i] == v->prompt[first]; i++) residual += v->x[i] - *mean;
    clusters += residual * residual;
    ++*n_prompts;
  }
  double p = *n_prompts, t = 1.9;
  while (t_inside(t, *n_prompts - 1) < 0.95) t += 1e-4;
  for (double step = 1e-4; step > 1e-15; step /= 2) t += t_inside(t, *n_prompts - 1) < 0.95 ? step : -step;
  *half = t * sqrt(p / (p - 1) * clusters) / v->n;
}

static void check_view(sqlite3 *db, const char *sql, int layer, int head, int group, const series *importance,
                       const series *flow, const series *on, bool one) {
  sqlite3_stmt *s;
  double mean, std, half;
  int p;
  assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &s, NULL), SQLITE_OK);
  sqlite3_bind_int(s, 1, layer);
  sqlite3_bind_int(s, 2, head);
  sqlite3_bind_int(s, 3, group);
  assert_int_equal(sqlite3_step(s), SQLITE_ROW);
  assert_int_equal(sqlite3_column_int(s, 0), importance->n);
  const series *both[] = {importance, flow};
  for (int i = 0; i < 2; i++) {
    recount(both[i], &mean, &std, &half, &p);
    if (one) { /* a target a prompt: the ordinary interval */
      double t = half / (std > 0 ? std : 1) * sqrt(both[i]->n);
      assert_int_equal(p, both[i]->n);
      if (std > 0) near("t of the ordinary interval", t_inside(t, p - 1), 0.95);
    }
    near("mean", sqlite3_column_double(s, 1 + 4 * i), mean);
    near("std", sqlite3_column_double(s, 2 + 4 * i), std);
    near("ci_lo", sqlite3_column_double(s, 3 + 4 * i), mean - half);
    near("ci_hi", sqlite3_column_double(s, 4 + 4 * i), mean + half);
  }
  recount(on, &mean, &std, &half, &p);
  near("frequency", sqlite3_column_double(s, 9), mean);
  /* Wilson with the effective number of graphs. */
  double n = on->n, t = 1.9, f = mean, z = 1.959963984540054;
  while (t_inside(t, p - 1) < 0.95) t += 1e-4;
  for (double step = 1e-4; step > 1e-15; step /= 2) t += t_inside(t, p - 1) < 0.95 ? step : -step;
  double variance = half * half / t / t, effective = n;
  if (p != on->n) effective = f == 0 || f == 1 ? p : fmin(n, n / (variance * (n - 1) / (f * (1 - f))));
  if (effective < 1) effective = 1;
  double middle = (f + z * z / 2 / effective) / (1 + z * z / effective);
  double width = z / (1 + z * z / effective) * sqrt(f * (1 - f) / effective + z * z / 4 / effective / effective);
  near("frequency_lo", sqlite3_column_double(s, 10), fmax(0, middle - width));
  near("frequency_hi", sqlite3_column_double(s, 11), fmin(1, middle + width));
  sqlite3_finalize(s);
}

/* From the records themselves, not from the database. group -1: all. */
static void gather(const synthetic_shape *shape, int layer, int head, int group, series *importance, series *flow,
                   series *on) {
  hw_arena arena;
  hw_arena_init(&arena);
  importance->n = flow->n = on->n = 0;
  for (int64_t i = 0; i < N_PROMPTS; i++) {
    hw_prompt_record prompt = {0};
    hw_arena_reset(&arena);
    OK(synthetic_prompt(5, i, shape, N_GROUPS, true, &arena, &prompt, e));
    if (prompt.failure || (group >= 0 && prompt.group_id != (uint32_t)group)) continue;
    for (size_t g = 0; g < prompt.n_graphs; g++) {
      const hw_graph *graph = prompt.graphs[g].graph;
      double x = 0, y = 0, active = 0;
      for (size_t h = 0; h < graph->n_heads; h++)
        if (graph->heads[h].layer == layer && graph->heads[h].head == head) {
          x = graph->heads[h].importance / HW_MICRO;
          y = round(graph->heads[h].flow * 1e6) / 1e6;
          active = 1;
        }
      series *all[] = {importance, flow, on};
      const double values[] = {x, y, active};
      for (int k = 0; k < 3; k++) {
        all[k]->prompt[all[k]->n] = (double)i;
        all[k]->x[all[k]->n++] = values[k];
      }
    }
  }
  hw_arena_fini(&arena);
}

/* The plain library, without our functions: what the sqlite3 shell can do. */
TEST(views_equal_a_recount) {
  const synthetic_shape *shapes[] = {&one_target, &three_targets};
  static series importance, flow, on;
  const char *columns =
      "n, mean, std, ci_lo, ci_hi, flow_mean, flow_std, flow_ci_lo, flow_ci_hi, frequency, frequency_lo, frequency_hi";
  char sql[2][512];
  (void)snprintf(sql[0], sizeof sql[0], "SELECT %s FROM head_importance WHERE layer = ?1 AND head = ?2 AND ?3 = -1",
                 columns);
  (void)snprintf(sql[1], sizeof sql[1],
                 "SELECT %s FROM head_importance_by_group WHERE layer = ?1 AND head = ?2 AND group_id = ?3", columns);
  for (int s = 0; s < 2; s++) {
    make_run(at("a.db"), shapes[s], mixed);
    sqlite3 *db;
    assert_int_equal(sqlite3_open(at("a.db"), &db), SQLITE_OK);
    for (int layer = 0; layer < 3; layer++)
      for (int head = 0; head < 4; head++)
        for (int group = -1; group < N_GROUPS; group += 2) {
          gather(shapes[s], layer, head, group, &importance, &flow, &on);
          check_view(db, sql[group >= 0], layer, head, group, &importance, &flow, &on, s == 0);
        }
    sqlite3_close(db);
  }
}

/* Sums of every table against rows that the functions unpack. */
TEST(aggregates_equal_the_columns) {
  make_run(at("a.db"), &three_targets, mixed);
  static const char *const questions[] = {
      "SELECT count(*) AS n FROM (SELECT layer, head, sum(importance) AS m, count(*) AS k, max(importance) AS x, sum(flow) "
      "AS f FROM head "
      "GROUP BY 1, 2) r JOIN agg_head a ON a.group_id = -1 AND a.layer = r.layer AND a.head = r.head "
      "WHERE abs(r.m * 1e6 - a.sum) > 1e-3 OR r.k <> a.n_on OR abs(r.x * 1e6 - a.max) > 1e-3 OR abs(r.f * 1e6 - "
      "a.flow_sum) > 1e-3",
      "SELECT count(*) AS n FROM (SELECT layer, neuron, sum(x) AS m, sum(x > 0.01) AS k, sum(round(f * 1e6)) AS f FROM "
      "(SELECT prompt_id, "
      "target_pos, layer, neuron, max(importance) AS x, sum(flow) AS f FROM neuron GROUP BY 1, 2, 3, 4) GROUP BY 1, 2) r "
      "JOIN agg_neuron a ON a.group_id = -1 AND a.layer = r.layer AND a.neuron = r.neuron "
      "WHERE abs(r.m * 1e6 - a.sum) > 1e-3 OR r.k <> a.n_on OR abs(r.f - a.flow_sum) > 2",
      "SELECT count(*) AS n FROM (SELECT item, sum(x) AS m, count(*) AS k, sum(round(f * 1e6)) AS f FROM (SELECT "
      "e.prompt_id, target_pos, "
      "((e.kind = 'ffn') << 30) + (layer << 22) + (ifnull(head, 0) << 12) + (unhex_role(roles, source) << 6) + "
      "unhex_role(roles, target) AS item, "
      "max(importance) AS x, sum(flow) AS f FROM edge e JOIN prompt p USING(prompt_id) WHERE e.kind IN ('attention', "
      "'ffn') GROUP BY 1, 2, 3) "
      "GROUP BY 1) r FULL JOIN agg_item a ON a.item_id = r.item WHERE ifnull(a.group_id, -1) = -1 AND (r.m IS NULL OR "
      "a.sum IS NULL OR "
      "abs(r.m * 1e6 - a.sum) > 1e-3 OR r.k <> a.n_on OR abs(r.f - a.flow_sum) > 2)",
      "SELECT count(*) AS n FROM (SELECT item_id, count(*) AS k, sum(importance) AS m, max(importance) AS x FROM "
      "item_prompt GROUP BY 1) r "
      "FULL JOIN (SELECT * FROM agg_item WHERE group_id = -1) a USING(item_id) WHERE r.k IS NOT a.n_on OR abs(r.m * 1e6 - "
      "a.sum) > 1e-3",
      "SELECT count(*) AS n FROM (SELECT group_id, layer, head FROM agg_head WHERE group_id = -1) a JOIN head h ON h.layer "
      "= a.layer AND "
      "h.head = a.head JOIN agg_head b ON b.group_id = -1 AND b.layer = a.layer AND b.head = a.head WHERE b.ex > "
      "(h.prompt_id << 20 | "
      "h.target_pos) AND abs(h.importance * 1e6 - b.max) < 1e-3",
  };
  for (size_t i = 0; i < sizeof questions / sizeof questions[0]; i++) {
    char sql[2048];
    const char *from = questions[i];
    size_t n = 0;
    while (*from) { /* unhex_role(roles, x): the byte of a blob as a number */
      if (!strncmp(from, "unhex_role(roles, ", 18)) {
        int length = (int)strcspn(from + 18, ")");
        n += (size_t)snprintf(sql + n, sizeof sql - n,
                              "(instr('0123456789ABCDEF', substr(hex(roles), 2 * %.*s + 2, 1)) - 1)", length, from + 18);
        from += 18 + length + 1;
      } else {
        sql[n++] = *from++;
      }
    }
    sql[n] = '\0';
    const char *answer = ask(at("a.db"), sql);
    if (strcmp(answer, "n\r\n0\r\n") != 0) fail_msg("question %zu: %s", i, answer);
  }
  assert_string_equal(ask(at("a.db"), "SELECT count(*) AS n FROM head_importance"), "n\r\n12\r\n");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(any_order_gives_the_same_digest),
      cmocka_unit_test(resumes),
      cmocka_unit_test(chunks_may_wait_for_one_commit),
      cmocka_unit_test(refuses_other_files),
      cmocka_unit_test(full_disk_and_overflow_leave_what_was_there),
      cmocka_unit_test(neuron_projections_are_asked_for_once),
      cmocka_unit_test(graphs_whose_squares_would_overflow_are_refused),
      cmocka_unit_test(t_quantiles),
      cmocka_unit_test(t_quantiles_of_answers),
      cmocka_unit_test(views_equal_a_recount),
      cmocka_unit_test(aggregates_equal_the_columns),
  };
  RUN_IN_FOLDER(tests);
}
