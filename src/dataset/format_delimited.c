/* SPDX-License-Identifier: Apache-2.0
 * CSV and TSV: a header, then rows of cells with a delimiter between them. A cell may be wrapped in quotes (RFC 4180), and then
 * holds delimiters, line ends and doubled quotes. Quotes that stand otherwise are read as pandas and Python's csv read them: one
 * inside a cell is a character, and text behind a closing quote is a part of the cell. What neither can repair, a quote that is
 * never closed or is closed lines later before more text, costs the line where it stands. Blank lines are skipped.
 *
 * The delimiter is the first of the format's usual one and , ; TAB | with which the header names a prompt column, or what a first
 * line "sep=;" says. Tables with tabs are written with and without quotes: the first pass decides for the whole file. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "dataset/reader.h"

typedef enum place { AT_START, IN_PLAIN, IN_QUOTES, AFTER_QUOTE } place; /* of a byte, within its cell */

typedef struct table_state {
  char delimiter;
  bool quotes;         /* cells may be wrapped */
  bool named_by_sep;   /* a line "sep=" stands before the header */
  hw_buffer lines;     /* [begin..end) is the row; lines behind it will be read again */
  size_t begin, end;
  hw_buffer values;    /* the row's cells, each with a NUL behind it */
  int64_t line;        /* number of the next line */
  struct {             /* the last look at what follows a line with an open quote: lines[begin..end) begin in quotes, each of them */
    size_t begin, end; /* 0, 0: none */
    place now;         /* at `end` */
    size_t text;       /* 1 + place of its last text behind a closing quote; 0: none */
    int64_t line;      /* number of the line at `end` */
  } ahead;
  size_t n_cells;      /* of the row */
  size_t n_filled;     /* the same up to the last one with a value */
  size_t n_header;     /* cells of the header */
  size_t n_named;      /* the same up to the last one with a name */
  size_t widest;       /* largest n_filled within the header, of all rows */
  int64_t n_wrapped;   /* cells that quotes wrap as they should */
  int64_t n_loose;     /* cells with other quotes, and rows that are broken by one */
} table_state;

static size_t line_end(const char *text, size_t at, size_t length) {
  while (at < length && text[at] != '\n' && text[at] != '\r') at++;
  if (at < length && text[at] == '\r' && at + 1 < length && text[at + 1] == '\n') at++;
  return at < length ? at + 1 : at;
}

static size_t without_end(const char *text, size_t begin, size_t end) {
  if (end > begin && text[end - 1] == '\n') end--;
  if (end > begin && text[end - 1] == '\r') end--;
  return end;
}

static place step(const table_state *s, place now, char byte) {
  if (now == IN_QUOTES) return byte == '"' ? AFTER_QUOTE : IN_QUOTES;
  if (byte == s->delimiter) return AT_START;
  if (byte == '"' && s->quotes && now != IN_PLAIN) return IN_QUOTES; /* AFTER_QUOTE: the second of two */
  return IN_PLAIN;
}

static void forget_lines(table_state *s) {
  hw_buffer_reset(&s->lines);
  s->begin = s->end = 0;
  s->ahead.begin = s->ahead.end = 0;
}

/* Drops the bytes before s->end, which no row needs any more. */
static void drop_read_lines(table_state *s) {
  const size_t n = s->end;
  s->lines.length -= n;
  memmove(s->lines.data, s->lines.data + n, s->lines.length + 1);
  s->end = 0;
  s->ahead.begin = s->ahead.begin > n ? s->ahead.begin - n : 0;
  s->ahead.end = s->ahead.end > n ? s->ahead.end - n : 0;
  s->ahead.text = s->ahead.text > n ? s->ahead.text - n : 0;
}

/* Adds the next line to the row: 1, 0 at the end of the file, -1. */
static int take_line(hw_dataset *dataset, hw_error *err) {
  table_state *s = dataset->state;
  if (s->end == s->lines.length) {
    int got = hw_stream_append_line(&dataset->stream, &s->lines, err);
    if (got <= 0) return got;
  }
  s->end = line_end(s->lines.data, s->end, s->lines.length);
  s->line++;
  return 1;
}

/* Steps over blank lines to the first line of a row: 1, 0 at the end of the file, -1. */
static int begin_row(hw_dataset *dataset, hw_error *err) {
  table_state *s = dataset->state;
  for (;;) {
    if (s->end == s->lines.length) forget_lines(s);
    else if (s->end > dataset->stream.row_limit) drop_read_lines(s);
    s->begin = s->end;
    hw_raw_row_reset(&dataset->raw_row, s->line);
    int got = take_line(dataset, err);
    if (got <= 0) return got;
    for (size_t i = s->begin, end = without_end(s->lines.data, s->begin, s->end); i < end; i++)
      if (s->lines.data[i] == s->delimiter || (s->lines.data[i] != ' ' && s->lines.data[i] != '\t')) return 1;
  }
}

/* The row goes back to its first line, for the caller to break; the other lines are read again. */
static hw_raw_row *give_up_row(hw_dataset *dataset) {
  table_state *s = dataset->state;
  s->end = line_end(s->lines.data, s->begin, s->end);
  s->line = dataset->raw_row.line + 1;
  s->n_loose++;
  return &dataset->raw_row;
}

/* Finds where the row ends, once begun: 1, also when it is broken, or -1. Lines of a row that was given up are not looked at again:
 * where a later row is in quotes at the beginning of one of them, it comes to the same end. */
static int find_end(hw_dataset *dataset, hw_error *err) {
  table_state *s = dataset->state;
  const size_t limit = dataset->stream.row_limit, second = s->end;
  if (s->end - s->begin > limit) return hw_dataset_break_long(dataset), 1;
  place now = AT_START;
  size_t at = s->begin, text = 0;
  int64_t line;
  int got = 1;
  bool longer = false;
  for (;;) {
    for (size_t end = without_end(s->lines.data, at, s->end); at < end; at++) {
      place next = step(s, now, s->lines.data[at]);
      if (now == AFTER_QUOTE && next == IN_PLAIN) text = at + 1;
      now = next;
    }
    at = s->end;
    if (now == IN_QUOTES && at >= s->ahead.begin && at < s->ahead.end) {
      if (s->ahead.text > at) text = s->ahead.text;
      now = s->ahead.now;
      s->line = s->ahead.line;
      at = s->end = s->ahead.end;
    }
    line = s->line;
    if (now != IN_QUOTES) break;
    if ((got = take_line(dataset, err)) < 0) return -1;
    longer = s->end - s->begin > limit;
    if (got == 0 || longer) break;
  }
  if (at > second) {
    s->ahead.begin = second;
    s->ahead.end = at;
    s->ahead.now = now;
    s->ahead.text = text;
    s->ahead.line = line;
  }
  if (longer)
    hw_raw_row_break(give_up_row(dataset), "a quote is opened in this line, and not closed within %zu bytes", limit);
  else if (got == 0)
    hw_raw_row_break(give_up_row(dataset), "a quote is opened in this line and never closed");
  else if (text && s->line > dataset->raw_row.line + 1)
    hw_raw_row_break(give_up_row(dataset), "a quote is opened in this line, and closed in a later one with text behind it");
  return 1;
}

/* Counts a finished cell of the first pass by its quotes. */
static void judge_cell(table_state *s, const char *raw, size_t length, bool wrapped) {
  if (wrapped)
    s->n_wrapped++;
  else
    s->n_loose += memchr(raw, '"', length) != NULL;
}

/* The text of a row into its cells. */
static bool cut_cells(hw_dataset *dataset, hw_error *err) {
  table_state *s = dataset->state;
  size_t most = dataset->n_columns ? dataset->n_columns : (size_t)HW_MAX_COLUMNS;
  size_t end = without_end(s->lines.data, s->begin, s->end), first = s->begin, value = 0, write = 0;
  const char *text = s->lines.data;
  place now = AT_START;
  bool plain = false; /* some of the cell stands outside of quotes */
  hw_buffer_reset(&s->values);
  hw_buffer_append(&s->values, text + s->begin, end - s->begin); /* a cell and its NUL take no more than the text */
  if (!hw_buffer_check(&s->values, err)) return false;
  char *values = s->values.data;
  s->n_cells = s->n_filled = 0;
  for (size_t at = s->begin; at <= end; at++) {
    place next = at < end ? step(s, now, text[at]) : AT_START;
    if (next == AT_START) {
      if (!dataset->settled) judge_cell(s, text + first, at - first, now == AFTER_QUOTE && !plain);
      values[write] = '\0';
      size_t i = s->n_cells++;
      if (write > value) s->n_filled = s->n_cells;
      hw_cell cell = {.column = dataset->n_columns ? (int)i : -1, .value = values + value, .length = write - value};
      if (i < most && !hw_raw_row_add(&dataset->raw_row, cell, err)) return false;
      value = ++write;
      first = at + 1;
      plain = false;
    } else {
      plain |= next == IN_PLAIN;
      bool opens = now == AT_START && next == IN_QUOTES;
      if (!opens && next != AFTER_QUOTE) values[write++] = text[at];
    }
    now = next;
  }
  return true;
}

/* The next row's cells: 1, also when it is broken, 0 at the end, -1. */
static int read_cells(hw_dataset *dataset, hw_error *err) {
  int got = begin_row(dataset, err);
  if (got > 0) got = find_end(dataset, err);
  if (got > 0 && !dataset->raw_row.broken && !cut_cells(dataset, err)) return -1;
  return got;
}

/* "sep=;" as Excel writes and reads it, in quotes or not. */
static bool is_sep_line(const table_state *s) {
  const char *text = s->lines.data + s->begin;
  size_t length = without_end(s->lines.data, s->begin, s->end) - s->begin;
  if (length == 7 && text[0] == '"' && text[6] == '"') text++, length -= 2;
  return length == 5 && strncasecmp(text, "sep=", 4) == 0;
}

static bool names_prompt(const hw_dataset *dataset) {
  for (size_t i = 0; i < dataset->raw_row.n_cells; i++)
    if (hw_columns_is_prompt(dataset, dataset->raw_row.cells[i].value, dataset->raw_row.cells[i].length)) return true;
  return false;
}

/* Reads the header with each delimiter until one gives it a prompt column. */
static bool find_delimiter(hw_dataset *dataset, char usual, hw_error *err) {
  table_state *s = dataset->state;
  const char candidates[] = {usual, ',', ';', '\t', '|'};
  size_t first_end = s->end;
  for (size_t i = 0; i < sizeof candidates; i++) {
    s->delimiter = candidates[i];
    s->end = first_end;
    s->ahead.begin = s->ahead.end = 0;
    s->line = dataset->raw_row.line + 1;
    hw_raw_row_reset(&dataset->raw_row, dataset->raw_row.line);
    if (find_end(dataset, err) < 0) return false;
    if (dataset->raw_row.broken) continue;
    if (!cut_cells(dataset, err)) return false;
    if (names_prompt(dataset)) return true;
  }
  s->delimiter = usual;
  return true;
}

static bool detect(hw_dataset *dataset, char usual, hw_error *err) {
  table_state *s = calloc(1, sizeof *s);
  if (!s) return hw_fail_memory(err, "a table reader");
  dataset->state = s;
  s->delimiter = usual;
  s->quotes = dataset->asked_quoting != HW_QUOTING_NEVER;
  s->line = 1;
  int got = begin_row(dataset, err);
  if (got <= 0) return got == 0;
  s->named_by_sep = is_sep_line(s);
  if (s->named_by_sep)
    s->delimiter = strchr(s->lines.data + s->begin, '=')[1];
  else if (!find_delimiter(dataset, usual, err))
    return false;
  if (s->delimiter == usual) return true;
  char shown[2] = {s->delimiter};
  return hw_dataset_note(dataset, err, "%s: cells are separated by %s", dataset->path, s->delimiter == '\t' ? "tabs" : shown);
}

static bool detect_csv(hw_dataset *dataset, hw_error *err) { return detect(dataset, ',', err); }
static bool detect_tsv(hw_dataset *dataset, hw_error *err) { return detect(dataset, '\t', err); }

/* A column of this number whose header cell is empty. */
static bool add_unnamed(hw_dataset *dataset, size_t number, hw_error *err) {
  char name[32] = "";
  if (hw_dataset_find_column(dataset, "", 0)) (void)snprintf(name, sizeof name, "column %zu", number);
  return hw_columns_add(dataset, name, strlen(name), err);
}

static bool is_unnamed(const hw_cell *cell) {
  const char *name = cell->value;
  return hw_columns_trim(&name, cell->length) == 0;
}

static bool start_table(hw_dataset *dataset, hw_error *err) {
  table_state *s = dataset->state;
  const hw_raw_row *raw_row = &dataset->raw_row;
  forget_lines(s);
  s->line = 1;
  if (s->named_by_sep && begin_row(dataset, err) < 0) return false;
  int got = read_cells(dataset, err);
  if (got <= 0 || dataset->settled) return got >= 0;
  if (raw_row->broken) return hw_fail(err, HW_ERROR_INPUT, "%s: line %" PRId64 ": %s", dataset->path, raw_row->line, raw_row->problem.data);
  if (s->n_cells > HW_MAX_COLUMNS) return hw_fail(err, HW_ERROR_INPUT, "%s: more than %d columns", dataset->path, (int)HW_MAX_COLUMNS);
  s->n_header = s->n_named = s->n_cells;
  while (s->n_named > 0 && is_unnamed(&raw_row->cells[s->n_named - 1])) s->n_named--;
  s->widest = 0;
  for (size_t i = 0; i < s->n_named; i++) {
    const hw_cell *cell = &raw_row->cells[i];
    if (!(is_unnamed(cell) ? add_unnamed(dataset, i + 1, err) : hw_columns_add(dataset, cell->value, cell->length, err))) return false;
  }
  return true;
}

static int read_table(hw_dataset *dataset, hw_error *err) {
  table_state *s = dataset->state;
  int got = read_cells(dataset, err);
  if (got <= 0 || dataset->raw_row.broken) return got;
  if (s->n_filled > s->widest && s->n_filled <= s->n_header) s->widest = s->n_filled;
  size_t n = s->n_filled > dataset->n_columns ? s->n_filled : s->n_cells;
  if (n < s->n_named || s->n_filled > dataset->n_columns)
    hw_raw_row_break(&dataset->raw_row, "%zu field%s, but the header has %zu", n, n == 1 ? "" : "s", dataset->n_columns);
  return 1;
}

/* How quotes are read stands now; in a table with tabs the cells have decided it. */
static int settle_quotes(hw_dataset *dataset, hw_error *err) {
  table_state *s = dataset->state;
  bool any = s->n_wrapped + s->n_loose > 0, usual = s->delimiter != '\t';
  if (usual || dataset->asked_quoting != HW_QUOTING_AUTO || !any || !s->quotes) {
    if (any && s->quotes != usual) dataset->quoting = s->quotes ? HW_QUOTING_ALWAYS : HW_QUOTING_NEVER;
    return 1;
  }
  bool unwrap = s->n_wrapped > s->n_loose;
  if (unwrap) dataset->quoting = HW_QUOTING_ALWAYS;
  if (!hw_dataset_note(dataset, err, "%s: cells wrapped in quotes: %" PRId64 ", with other quotes: %" PRId64 "; so quotes are %s",
                       dataset->path, s->n_wrapped, s->n_loose,
                       unwrap ? "taken off (--quoting never keeps them)" : "kept (--quoting always takes them off)"))
    return -1;
  if (unwrap) return 1;
  s->quotes = false;
  s->n_wrapped = s->n_loose = 0;
  hw_columns_clear(dataset);
  return 0;
}

static int settle_table(hw_dataset *dataset, hw_error *err) {
  const table_state *s = dataset->state;
  int settled = settle_quotes(dataset, err);
  if (settled <= 0) return settled;
  for (size_t i = dataset->n_columns; i < s->widest; i++)
    if (!add_unnamed(dataset, i + 1, err)) return -1;
  return 1;
}

static void close_table(hw_dataset *dataset) {
  table_state *s = dataset->state;
  if (!s) return;
  hw_buffer_fini(&s->lines);
  hw_buffer_fini(&s->values);
  free(s);
}

const hw_format hw_dataset_csv = {.name = "csv", .endings = {"csv"}, .detect = detect_csv, .start = start_table, .read = read_table,
                                  .settle = settle_table, .close = close_table};
const hw_format hw_dataset_tsv = {.name = "tsv", .endings = {"tsv", "tab"}, .detect = detect_tsv, .start = start_table, .read = read_table,
                                  .settle = settle_table, .close = close_table};
