/* SPDX-License-Identifier: Apache-2.0
 * One database out of several. Rows of prompts come chunk by chunk, in the order of the data set, the lists of items in the order of the items: so
 * the new file is written from its beginning to its end. Both are committed piece by piece, and a merge that was stopped goes on behind the last
 * piece. The sums of all files are added in one transaction at the end. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/list.h"
#include "base/option.h"
#include "base/progress.h"
#include "graph/keys.h"
#include "headwater/store.h"
#include "sqlite/sql.h"
#include "store/checked.h"
#include "store/merge_inputs.h"
#include "store/wide.h"
#include "store/writer.h"

enum { PROMPTS_A_COMMIT = 4096, LISTS_A_COMMIT = 100000 };

typedef struct merge {
  hw_merge_inputs inputs;
  hw_store *out;
  bool *done; /* [inputs.chunks.n] merged before */
  const hw_hooks *hooks;
  hw_error *err;
} merge;

static bool stopped(const merge *m) { return hw_asked_to_stop(m->hooks) && !hw_store_stopped(m->out, m->err); }

/* ---- tables that are the same in all files ---- */

static bool copy_same(merge *m, const hw_merge_table *table) {
  hw_merge_rows rows;
  bool row, is_new, ok = hw_merge_rows_open(&rows, m->inputs.files[0].store, table, false, &m->inputs.arena, m->err);
  while (ok && (ok = hw_statement_step(&rows.s, &row, m->err)) && row) ok = hw_merge_put(m->out, &rows, &is_new, m->err);
  hw_merge_rows_close(&rows);
  return ok;
}

static bool create(merge *m) {
  if (!hw_store_begin(m->out, m->err)) return false;
  bool ok = hw_store_create_tables(m->out, m->err);
  for (size_t t = 0; ok && t < hw_n_merge_tables; t++)
    if (hw_merge_tables[t].rule == HW_MERGE_SAME && hw_merge_tables[t].writer) ok = copy_same(m, &hw_merge_tables[t]);
  if (ok) return hw_store_commit(m->out, m->err);
  hw_store_rollback(m->out);
  return false;
}

/* Steps through the table in two files at once. */
static bool compare_table(merge *m, const hw_merge_table *table, hw_store *store) {
  hw_merge_rows ours, theirs = {0};
  bool a = true, b = true, ok = hw_merge_rows_open(&ours, m->out, table, false, &m->inputs.arena, m->err) &&
                                hw_merge_rows_open(&theirs, store, table, false, &m->inputs.arena, m->err);
  while (ok && a) {
    ok = hw_statement_step(&ours.s, &a, m->err) && hw_statement_step(&theirs.s, &b, m->err);
    if (ok && (a != b || (a && !hw_merge_same_row(&ours.s, &theirs.s))))
      ok = hw_fail(m->err, HW_ERROR_INPUT, "%s: table %s differs from that of %s", store->path, table->name, m->inputs.files[0].store->path);
  }
  hw_merge_rows_close(&ours);
  hw_merge_rows_close(&theirs);
  return ok;
}

static bool compare_same(merge *m) {
  for (size_t t = 0; t < hw_n_merge_tables; t++)
    for (size_t i = 0; hw_merge_tables[t].rule == HW_MERGE_SAME && i < m->inputs.n; i++)
      if (!compare_table(m, &hw_merge_tables[t], m->inputs.files[i].store)) return false;
  return true;
}

/* ---- rows of prompts ---- */

/* Rows of one table that belong to a chunk; *n counts them. */
static bool copy_range(merge *m, hw_merge_file *file, size_t table, const hw_merge_chunk *chunk, int64_t *n) {
  hw_merge_rows *rows = &file->rows[table];
  const hw_merge_table *rule = &hw_merge_tables[table];
  if (!rows->s.sqlite && !hw_merge_rows_open(rows, file->store, rule, true, &m->inputs.arena, m->err)) return false;
  int64_t first = chunk->first_prompt, last = first + chunk->n_prompts - 1;
  bool row, is_new, ok = true;
  hw_merge_rows_between(rows, rule->rule == HW_MERGE_GRAPH ? hw_graph_id(first, 0) : first, rule->rule == HW_MERGE_GRAPH ? hw_graph_id(last + 1, 0) - 1 : last);
  for (*n = 0; ok && (ok = hw_statement_step(&rows->s, &row, m->err)) && row; (*n)++) ok = hw_merge_put(m->out, rows, &is_new, m->err);
  hw_statement_rewind(&rows->s);
  return ok;
}

static bool copy_chunk(merge *m, const hw_merge_chunk *chunk) {
  hw_merge_file *file = &m->inputs.files[chunk->file];
  int64_t n_traced = 0, n_failed = 0, n;
  for (size_t t = 0; t < hw_n_merge_tables; t++) {
    hw_merge_rule rule = hw_merge_tables[t].rule;
    if (rule != HW_MERGE_PROMPT && rule != HW_MERGE_GRAPH) continue;
    if (!copy_range(m, file, t, chunk, &n)) return false;
    if (strcmp(hw_merge_tables[t].name, "prompt") == 0) n_traced = n;
    if (strcmp(hw_merge_tables[t].name, "failed") == 0) n_failed = n;
  }
  if (n_traced + n_failed != chunk->n_prompts || n_failed != chunk->n_failed)
    return hw_fail(m->err, HW_ERROR_INPUT, "%s: chunk %" PRId64 " has %" PRId64 " prompts and %" PRId64 " that failed, it says %" PRId64 " and %" PRId64, file->store->path,
                   chunk->chunk_id, n_traced, n_failed, chunk->n_prompts - chunk->n_failed, chunk->n_failed);
  return true;
}

/* The row of `chunk` is the last of a chunk's: where it is, the others are. */
static bool copy_chunk_row(merge *m, const hw_merge_chunk *chunk) {
  hw_merge_file *file = &m->inputs.files[chunk->file];
  const hw_merge_table *table = hw_merge_find("chunk");
  hw_merge_rows *rows = &file->rows[table - hw_merge_tables];
  if (!rows->s.sqlite && !hw_merge_rows_open(rows, file->store, table, true, &m->inputs.arena, m->err)) return false;
  bool row, is_new;
  hw_merge_rows_between(rows, chunk->chunk_id, chunk->chunk_id);
  bool ok = hw_statement_step(&rows->s, &row, m->err) && row && hw_merge_put(m->out, rows, &is_new, m->err);
  hw_statement_rewind(&rows->s);
  return ok;
}

static bool copy_chunks(merge *m) {
  const hw_merge_chunks *chunks = &m->inputs.chunks;
  int64_t n_waiting = 0, n_done = 0;
  for (size_t i = 0; i < chunks->n; i++) {
    const hw_merge_chunk *chunk = &chunks->list[i];
    n_done += chunk->n_prompts;
    if (m->done[i]) continue;
    if (n_waiting == 0 && !hw_store_begin(m->out, m->err)) return false;
    n_waiting += chunk->n_prompts;
    if (!copy_chunk(m, chunk) || !copy_chunk_row(m, chunk)) return hw_store_rollback(m->out), false;
    if (n_waiting < PROMPTS_A_COMMIT && i + 1 < chunks->n && !hw_asked_to_stop(m->hooks)) continue;
    if (!hw_store_commit(m->out, m->err)) return false;
    n_waiting = 0;
    hw_tell_progress(m->hooks, "prompts", n_done, m->inputs.info.n_prompts);
    if (stopped(m)) return false;
  }
  return n_waiting == 0 || hw_store_commit(m->out, m->err);
}

/* ---- lists of items ---- */

typedef struct cursor { /* the next list of one file */
  hw_merge_rows rows;
  size_t file;
  int64_t item, chunk;
} cursor;

/* The next row of a file's lists; *more is false at their end. */
static bool advance(merge *m, cursor *c, bool *more) {
  if (!hw_statement_step(&c->rows.s, more, m->err)) return false;
  if (!*more) return true;
  c->item = hw_column_integer(&c->rows.s, 0);
  c->chunk = hw_column_integer(&c->rows.s, 1);
  const hw_merge_chunk *chunk = hw_merge_find_chunk(&m->inputs.chunks, c->chunk);
  if (chunk && chunk->file == c->file) return true;
  return hw_fail(m->err, HW_ERROR_INPUT, "%s: table item_graph: a list of chunk %" PRId64 ", which it does not have", c->rows.s.store->path, c->chunk);
}

static bool comes_before(const cursor *a, const cursor *b) { return a->item != b->item ? a->item < b->item : a->chunk < b->chunk; }

/* Puts the first cursor of the queue, which has moved on, where it belongs. */
static void sink(cursor **queue, size_t n) {
  cursor *moved = queue[0];
  size_t i = 0;
  for (; i + 1 < n && comes_before(queue[i + 1], moved); i++) queue[i] = queue[i + 1];
  queue[i] = moved;
}

static bool open_cursors(merge *m, cursor *cursors, cursor **queue, size_t *n, int64_t after) {
  for (size_t i = 0; i < m->inputs.n; i++) {
    bool more;
    cursors[i].file = i;
    if (!hw_merge_rows_open(&cursors[i].rows, m->inputs.files[i].store, hw_merge_find("item_graph"), true, &m->inputs.arena, m->err)) return false;
    hw_merge_rows_between(&cursors[i].rows, after + 1, INT64_MAX);
    if (!advance(m, &cursors[i], &more)) return false;
    if (!more) continue;
    memmove(queue + 1, queue, (*n)++ * sizeof *queue);
    queue[0] = &cursors[i];
    sink(queue, *n);
  }
  return true;
}

/* All lists in order of item and chunk. Commits stand between items, so that the last item that is there is whole. */
static bool copy_queue(merge *m, cursor **queue, size_t n) {
  int64_t n_waiting = 0, item = -1, last = n ? (INT64_C(1) << 32) : 0;
  while (n) {
    bool is_new, more;
    if (n_waiting >= LISTS_A_COMMIT && queue[0]->item != item) {
      if (!hw_store_commit(m->out, m->err)) return false;
      n_waiting = 0;
      hw_tell_progress(m->hooks, "edges", queue[0]->item, last);
      if (stopped(m)) return false;
    }
    if (n_waiting++ == 0 && !hw_store_begin(m->out, m->err)) return false;
    item = queue[0]->item;
    if (!hw_merge_put(m->out, &queue[0]->rows, &is_new, m->err) || !advance(m, queue[0], &more)) return hw_store_rollback(m->out), false;
    if (more) sink(queue, n);
    else memmove(queue, queue + 1, --n * sizeof *queue);
  }
  return n_waiting == 0 || hw_store_commit(m->out, m->err);
}

static bool copy_items(merge *m) {
  int64_t after = -1;
  hw_statement s;
  bool row, ok = hw_statement_open(&s, m->out, "merge/last_item.sql", m->err) && hw_statement_step(&s, &row, m->err);
  if (ok && !hw_column_is_null(&s, 0)) after = hw_column_integer(&s, 0);
  hw_statement_close(&s);
  if (!ok || after == INT64_MAX) return ok;
  cursor *cursors = calloc(m->inputs.n, sizeof *cursors), **queue = calloc(m->inputs.n, sizeof *queue);
  size_t n = 0;
  ok = (cursors && queue) || hw_fail_memory(m->err, "the lists of a merge");
  ok = ok && open_cursors(m, cursors, queue, &n, after) && copy_queue(m, queue, n);
  for (size_t i = 0; cursors && i < m->inputs.n; i++) hw_merge_rows_close(&cursors[i].rows);
  free(cursors);
  free(queue);
  return ok;
}

/* ---- sums, neurons, processes ---- */

static bool add_sums(merge *m, const hw_merge_table *table, hw_store *store) {
  hw_merge_rows rows;
  bool row, is_new, ok = hw_merge_rows_open(&rows, store, table, false, &m->inputs.arena, m->err);
  while (ok && (ok = hw_statement_step(&rows.s, &row, m->err)) && row) ok = hw_merge_put(m->out, &rows, &is_new, m->err);
  hw_merge_rows_close(&rows);
  return ok;
}

/* With OpenBLAS the last digits of a list depend on what was computed beside it: the list of the first file that has it stays. */
static bool put_equal(merge *m, const hw_merge_table *table, hw_store *store) {
  bool varies = strcmp(hw_run_setting(&m->inputs.info, "gemm"), "openblas") == 0;
  hw_merge_rows rows;
  hw_statement lookup = {0};
  bool row, is_new, ok = hw_merge_rows_open(&rows, store, table, false, &m->inputs.arena, m->err) && hw_merge_lookup_open(&lookup, m->out, table, m->err);
  while (ok && (ok = hw_statement_step(&rows.s, &row, m->err)) && row)
    ok = hw_merge_put(m->out, &rows, &is_new, m->err) && (is_new || varies || hw_merge_check_same(&lookup, &rows, m->err));
  hw_statement_close(&lookup);
  hw_merge_rows_close(&rows);
  return ok;
}

typedef struct process_ids { /* of one file */
  int64_t *before, *after; /* [n] */
  size_t n, capacity, after_capacity;
} process_ids;

/* Binds all columns but the number of the process, which is the first. */
static hw_statement *bind_process(merge *m, const hw_merge_rows *rows) {
  hw_statement *s = hw_store_statement(m->out, rows->table->writer, m->err);
  for (int c = 1; s && c < rows->n; c++) hw_bind_column(s, rows->parameters[c], &rows->s, c);
  return s;
}

static bool append_processes(merge *m, hw_merge_rows *rows, process_ids *ids) {
  bool row, ok = true;
  while (ok && (ok = hw_statement_step(&rows->s, &row, m->err)) && row) {
    hw_statement *s = bind_process(m, rows);
    ok = s && hw_statement_run(s, "take over a process", m->err) && hw_list_reserve(ids->before, ids->n, 1, ids->capacity, NULL, m->err) &&
         hw_list_reserve(ids->after, ids->n, 1, ids->after_capacity, NULL, m->err);
    if (!ok) break;
    ids->before[ids->n] = hw_column_integer(&rows->s, 0);
    ids->after[ids->n++] = sqlite3_last_insert_rowid(m->out->db);
  }
  return ok;
}

static bool append_stages(merge *m, hw_merge_rows *rows, const process_ids *ids) {
  bool row, ok = true;
  while (ok && (ok = hw_statement_step(&rows->s, &row, m->err)) && row) {
    size_t i = 0;
    while (i < ids->n && ids->before[i] != hw_column_integer(&rows->s, 0)) i++;
    if (i == ids->n) return hw_fail(m->err, HW_ERROR_INPUT, "%s: table %s: a process that is not there", rows->s.store->path, rows->table->name);
    hw_statement *s = bind_process(m, rows);
    if (s) hw_bind_integer(s, rows->parameters[0], ids->after[i]);
    ok = s && hw_statement_run(s, "take over a process", m->err);
  }
  return ok;
}

static bool append_history(merge *m, hw_store *store) {
  process_ids ids = {0};
  hw_merge_rows rows;
  bool there, ok = hw_merge_rows_open(&rows, store, hw_merge_find("process"), false, &m->inputs.arena, m->err) && append_processes(m, &rows, &ids);
  hw_merge_rows_close(&rows);
  const hw_merge_table *stages = hw_merge_find("process_stage");
  ok = ok && hw_store_has_table(store, stages->name, &there, m->err);
  if (ok && there) {
    ok = hw_store_exec(m->out, hw_sql("profile/schema.sql"), "create the table of stages", m->err) &&
         hw_merge_rows_open(&rows, store, stages, false, &m->inputs.arena, m->err) && append_stages(m, &rows, &ids);
    hw_merge_rows_close(&rows);
  }
  free(ids.before);
  free(ids.after);
  return ok;
}

/* No row of a file is in none of its chunks. */
static bool check_counts(merge *m) {
  for (size_t t = 0; t < hw_n_merge_tables; t++) {
    const hw_merge_table *table = &hw_merge_tables[t];
    if (table->rule != HW_MERGE_PROMPT && table->rule != HW_MERGE_GRAPH) continue;
    int64_t merged, sum = 0, n;
    if (!hw_merge_count(m->out, table, &merged, m->err)) return false;
    for (size_t i = 0; i < m->inputs.n; i++) {
      if (!hw_merge_count(m->inputs.files[i].store, table, &n, m->err)) return false;
      sum += n;
    }
    if (sum != merged)
      return hw_fail(m->err, HW_ERROR_INPUT, "table %s: the files have %" PRId64 " rows, and %" PRId64 " of them belong to their chunks; headwater check names the file",
                     table->name, sum, merged);
  }
  return true;
}

static bool add_everything(merge *m) {
  for (size_t i = 0; i < m->inputs.n; i++) {
    hw_store *store = m->inputs.files[i].store;
    hw_tell_progress(m->hooks, "files", (int64_t)i, (int64_t)m->inputs.n);
    for (size_t t = 0; t < hw_n_merge_tables; t++) {
      const hw_merge_table *table = &hw_merge_tables[t];
      if (table->rule == HW_MERGE_ADDED && !add_sums(m, table, store)) return false;
      if (table->rule == HW_MERGE_EQUAL && !put_equal(m, table, store)) return false;
    }
    if (!append_history(m, store)) return false;
  }
  return hw_wide_make(m->out, m->err);
}

static bool finish(merge *m) {
  int64_t is_summed;
  if (!hw_store_integer(m->out, "merge/is_summed.sql", &is_summed, m->err)) return false;
  if (is_summed) return true;
  if (!check_counts(m) || !hw_store_begin(m->out, m->err)) return false;
  if (add_everything(m)) return hw_store_commit(m->out, m->err);
  hw_store_rollback(m->out);
  return false;
}

/* ---- the new file ---- */

/* What is in the unfinished file. *fits is false when it is no part of this merge. */
static bool look_at_unfinished(merge *m, bool *fits) {
  hw_merge_chunks there = {0};
  int64_t is_summed = 0;
  bool ok = hw_merge_read_chunks(m->out, 0, &there, m->err) && hw_store_integer(m->out, "merge/is_summed.sql", &is_summed, m->err);
  *fits = hw_store_check_run(m->out, &m->inputs.info, NULL) && !(is_summed && there.n != m->inputs.chunks.n);
  for (size_t i = 0; ok && *fits && i < there.n; i++) {
    const hw_merge_chunk *chunk = hw_merge_find_chunk(&m->inputs.chunks, there.list[i].chunk_id);
    *fits = chunk != NULL;
    if (chunk) m->done[chunk - m->inputs.chunks.list] = true;
  }
  if (ok && *fits && there.n < m->inputs.chunks.n) /* files that have more chunks than before: the lists of items begin again */
    ok = hw_store_exec(m->out, hw_sql("merge/forget_items.sql"), "begin its lists again", m->err);
  free(there.list);
  return ok;
}

/* Opens the unfinished file, which is made, or continued where it belongs to this merge. */
static bool open_unfinished(merge *m, const char *path) {
  for (int attempt = 0; attempt < 2; attempt++) {
    hw_file_state state;
    bool fits = true;
    if (!hw_store_connect(path, HW_OPEN_CREATE, m->hooks, &m->out, &state, m->err) || !hw_store_set_up_writer(m->out, false, m->err)) return false;
    if (state == HW_FILE_EMPTY) return create(m);
    if (!look_at_unfinished(m, &fits)) return false;
    if (fits) return true;
    memset(m->done, 0, m->inputs.chunks.n * sizeof *m->done);
    hw_store_remove(m->out);
    m->out = NULL;
  }
  return hw_fail(m->err, HW_ERROR_IO, "%s: another merge uses it", path);
}

/* A file that has the name of the result already: fine when it holds all of the chunks. */
static bool check_existing(merge *m, const char *path, bool *is_there) {
  struct stat status;
  *is_there = stat(path, &status) == 0 && !(S_ISREG(status.st_mode) && status.st_size == 0);
  if (!*is_there && lstat(path, &status) == 0 && S_ISLNK(status.st_mode))
    return hw_fail(m->err, HW_ERROR_INPUT, "%s: a symbolic link to a file that is empty or not there: wanted the name of the file itself", path);
  if (!*is_there) return true;
  hw_store *store;
  hw_merge_chunks there = {0};
  if (!hw_store_open_read_waiting(path, m->hooks, &store, m->err)) return false;
  bool ok = hw_store_check_run(store, &m->inputs.info, m->err) && hw_merge_read_chunks(store, 0, &there, m->err);
  for (size_t i = 0; ok && i < m->inputs.chunks.n; i++) {
    const hw_merge_chunk *chunk = &m->inputs.chunks.list[i];
    if (!hw_merge_find_chunk(&there, chunk->chunk_id))
      ok = hw_fail(m->err, HW_ERROR_INPUT, "%s: is there already, without chunk %" PRId64 " of %s: merge into a new file, of which this one can be a part", path,
                   chunk->chunk_id, m->inputs.files[chunk->file].store->path);
  }
  free(there.list);
  hw_store_free(store);
  return ok;
}

static bool merge_all(merge *m) {
  hw_tell_progress(m->hooks, "prompts", 0, m->inputs.info.n_prompts);
  return compare_same(m) && copy_chunks(m) && copy_items(m) && finish(m);
}

/* What lies beside an empty file, or where none was, is the log of one that is gone: SQLite would take it for that of the new one. */
static bool move(const char *unfinished, const char *path, hw_error *err) {
  return hw_store_remove_beside(path, err) &&
         (rename(unfinished, path) == 0 || hw_fail(err, HW_ERROR_IO, "%s: cannot be called %s: %s", unfinished, path, strerror(errno)));
}

/* Gives the whole file its name, under the lock of a writing process: a database that came there while the files were merged stays. */
static bool give_name(merge *m, const char *path, const char *unfinished, bool *was_there) {
  hw_store *named;
  hw_file_state state;
  bool ok = hw_store_connect(path, HW_OPEN_CREATE, m->hooks, &named, &state, m->err) && check_existing(m, path, was_there);
  if (ok && *was_there) (void)unlink(unfinished);
  else ok = ok && move(unfinished, path, m->err);
  if (ok) hw_store_free(named);
  else hw_store_discard(named);
  if (ok || m->err->kind == HW_ERROR_INTERRUPTED) return ok;
  return hw_fail(m->err, m->err->kind, "%s; the merged file is %s", m->err->message, unfinished);
}

/* Writes the merged file under its temporary name, then gives it its own. */
static bool make_file(merge *m, const char *path, const char *unfinished, bool *was_there) {
  bool ok = open_unfinished(m, unfinished) && merge_all(m);
  hw_error closing;
  bool wrong = !ok && m->out && m->err->kind == HW_ERROR_INPUT; /* nothing that a second attempt could continue */
  int lock = ok ? fcntl(m->out->lock, F_DUPFD_CLOEXEC, 0) : -1; /* no other merge takes the file up before it has its name */
  if (ok && lock < 0) ok = hw_fail(m->err, HW_ERROR_IO, "%s: its lock cannot be kept: %s", unfinished, strerror(errno));
  if (wrong) hw_store_remove(m->out);
  else if (m->out && !hw_store_close(m->out, ok, &closing) && ok) ok = hw_fail(m->err, closing.kind, "%s", closing.message);
  m->out = NULL;
  if (ok) (void)hw_store_remove_beside(unfinished, NULL);
  ok = ok && give_name(m, path, unfinished, was_there);
  if (lock >= 0) (void)close(lock);
  return ok;
}

/* Says which tables of the files stay behind. */
static bool tell_left_out(const merge *m, const char *out) {
  hw_buffer line;
  hw_buffer_init(&line);
  bool there, ok = true;
  for (size_t i = 0; ok && i < m->inputs.n; i++) {
    hw_store *store = m->inputs.files[i].store;
    int64_t n, n_tables = 0;
    hw_buffer_reset(&line);
    hw_buffer_printf(&line, "%s: not taken over, to be derived from %s again: ", store->path, out);
    for (size_t t = 0; ok && t < hw_n_merge_tables; t++) {
      const hw_merge_table *table = &hw_merge_tables[t];
      if (table->rule != HW_MERGE_AGAIN) continue;
      n = 0;
      ok = hw_store_has_table(store, table->name, &there, m->err) && (!there || hw_merge_count(store, table, &n, m->err));
      if (n) hw_buffer_printf(&line, "%s%s", n_tables++ ? ", " : "", table->name);
    }
    ok = ok && hw_buffer_check(&line, m->err);
    if (ok && n_tables && m->hooks && m->hooks->notice) m->hooks->notice(m->hooks->context, line.data);
  }
  hw_buffer_fini(&line);
  return ok;
}

static void count_prompts(const merge *m, hw_merge_result *result) {
  result->planned = m->inputs.info.n_prompts;
  for (size_t i = 0; i < m->inputs.chunks.n; i++) {
    result->stored += m->inputs.chunks.list[i].n_prompts - m->inputs.chunks.list[i].n_failed;
    result->failed += m->inputs.chunks.list[i].n_failed;
  }
}

/* Says of a merge that was stopped what is left of it. */
static void tell_stop(const char *out, const char *unfinished, hw_error *err) {
  if (access(unfinished, F_OK) == 0) (void)hw_fail(err, HW_ERROR_INTERRUPTED, "%s: stopped; what is merged so far is in %s, where the same command goes on", out, unfinished);
  else (void)hw_fail(err, HW_ERROR_INTERRUPTED, "%s: stopped before it was begun; the same command makes it", out);
}

bool hw_store_merge(const char *out, const char *const *paths, size_t n_paths, bool partial, const hw_hooks *hooks, hw_merge_result *result, hw_error *err) {
  hw_error unread = {0};
  if (!err) err = &unread;
  merge m = {.hooks = hooks, .err = err};
  hw_buffer unfinished;
  *result = (hw_merge_result){0};
  if (!hw_given_check("database", out, err)) return false;
  hw_buffer_init(&unfinished);
  hw_buffer_printf(&unfinished, "%s.merging", out);
  bool ok = hw_buffer_check(&unfinished, err) && hw_merge_inputs_open(&m.inputs, paths, n_paths, hooks, err) &&
            (partial || hw_merge_inputs_check_cover(&m.inputs, err)) && check_existing(&m, out, &result->was_there);
  if (ok && !result->was_there) {
    m.done = calloc(m.inputs.chunks.n + 1, sizeof *m.done);
    ok = m.done ? tell_left_out(&m, out) && make_file(&m, out, unfinished.data, &result->was_there) : hw_fail_memory(err, "the chunks of a merge");
  }
  if (!ok && err->kind == HW_ERROR_INTERRUPTED) tell_stop(out, unfinished.data, err);
  count_prompts(&m, result);
  free(m.done);
  hw_merge_inputs_close(&m.inputs);
  hw_buffer_fini(&unfinished);
  return ok;
}
