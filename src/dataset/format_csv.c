/* SPDX-License-Identifier: Apache-2.0
 * CSV as RFC 4180 has it, through libcsv in its strict mode: a header, fields with commas, newlines and doubled quotes
 * when quoted, spaces kept as they stand. Empty lines are skipped. */
#include <csv.h>
#include <inttypes.h>
#include <stdlib.h>

#include "dataset/reader.h"
#include "headwater/arena.h"

typedef struct csv_state {
  struct csv_parser parser;
  hw_arena fields; /* values of the row, copied out of the parser */
  bool has_header;
  size_t n_fields; /* of the row so far, also those that were not kept */
  bool complete;   /* the row is */
  bool no_memory;
  bool in_row;
  size_t row_bytes;
  int64_t line;           /* of the next byte; CR, LF and CR LF each end one, as they do for libcsv */
  unsigned char previous; /* byte */
} csv_state;

/* libcsv trims spaces around unquoted fields by default; RFC 4180 keeps them, and " has" is not "has". */
static int is_no_space(unsigned char byte) {
  (void)byte;
  return 0;
}

static void on_field(void *bytes, size_t length, void *user) {
  hw_dataset *dataset = user;
  csv_state *state = dataset->state;
  size_t keep = state->has_header ? dataset->n_columns : (size_t)HW_MAX_COLUMNS;
  size_t i = state->n_fields++;
  if (i >= keep || state->no_memory) return;
  hw_cell cell = {.name = state->has_header ? dataset->columns[i] : NULL, .length = length};
  cell.value = hw_arena_copy(&state->fields, bytes, length, NULL);
  state->no_memory = !cell.value || !hw_record_add(&dataset->record, cell);
}

static void on_row(int terminator, void *user) {
  (void)terminator;
  csv_state *state = ((hw_dataset *)user)->state;
  state->complete = true;
  state->in_row = false;
}

static int fail_parse(const hw_dataset *dataset, hw_error *err) {
  csv_state *state = dataset->state;
  if (csv_error(&state->parser) != CSV_EPARSE)
    hw_fail_memory(err, dataset->path);
  else if (state->parser.quoted)
    hw_fail(err, HW_ERROR_INPUT, "%s: line %" PRId64 ": text after the closing quote of a field", dataset->path,
            state->line);
  else
    hw_fail(err, HW_ERROR_INPUT, "%s: line %" PRId64 ": a quote inside a field that does not start with one",
            dataset->path, state->line);
  return -1;
}

/* Feeds the parser up to the next line end, so that at most one row is completed at a time. */
static int feed(hw_dataset *dataset, hw_error *err) {
  csv_state *state = dataset->state;
  hw_stream *stream = &dataset->stream;
  const unsigned char *at = stream->block + stream->begin;
  size_t left = stream->end - stream->begin, length = 0;
  while (length < left && at[length] != '\n' && at[length] != '\r') length++;
  bool blank = length == 0;
  if (length < left) length++;

  if (state->previous == '\r' && at[0] != '\n') state->line++;
  if (!state->in_row && !blank) {
    state->in_row = true;
    state->row_bytes = 0;
    hw_record_reset(&dataset->record, state->line);
  }
  if (state->in_row && length > stream->row_limit - state->row_bytes)
    return hw_stream_too_long(stream, dataset->record.line, ": is a quote left open?", err);
  state->row_bytes += state->in_row ? length : 0;
  if (csv_parse(&state->parser, at, length, on_field, on_row, dataset) != length) return fail_parse(dataset, err);
  state->previous = at[length - 1];
  if (state->previous == '\n') state->line++;
  hw_stream_take(stream, length);
  return 1;
}

static int read_fields(hw_dataset *dataset, hw_error *err) {
  csv_state *state = dataset->state;
  hw_arena_reset(&state->fields);
  hw_record_reset(&dataset->record, state->line);
  state->n_fields = 0;
  state->complete = false;
  while (!state->complete) {
    int got = hw_stream_fill(&dataset->stream, err);
    if (got < 0) return -1;
    if (got > 0) {
      if (feed(dataset, err) < 0) return -1;
      continue;
    }
    if (csv_fini(&state->parser, on_field, on_row, dataset) != 0) {
      hw_fail(err, HW_ERROR_INPUT, "%s: line %" PRId64 ": a quote is opened in this row and never closed",
              dataset->path, dataset->record.line);
      return -1;
    }
    if (!state->complete) return 0;
  }
  if (state->no_memory) return hw_fail_memory(err, "a row"), -1;
  return 1;
}

static bool open_csv(hw_dataset *dataset, hw_error *err) {
  csv_state *state = calloc(1, sizeof *state);
  if (!state) return hw_fail_memory(err, "a CSV reader");
  dataset->state = state;
  (void)csv_init(&state->parser, CSV_STRICT | CSV_STRICT_FINI); /* fails only for NULL */
  csv_set_space_func(&state->parser, is_no_space);
  csv_set_blk_size(&state->parser, 1 << 14); /* grows by this, not by doubling */
  hw_arena_init(&state->fields);
  state->line = 1;
  int got = read_fields(dataset, err);
  if (got < 0) return false;
  if (state->n_fields > HW_MAX_COLUMNS)
    return hw_fail(err, HW_ERROR_INPUT, "%s: more than %d columns", dataset->path, (int)HW_MAX_COLUMNS);
  state->has_header = true;
  return got == 0 || hw_columns_from_header(dataset, err);
}

static int read_csv(hw_dataset *dataset, hw_error *err) {
  const csv_state *state = dataset->state;
  int got = read_fields(dataset, err);
  if (got > 0 && state->n_fields != dataset->n_columns)
    hw_record_break(&dataset->record, "%zu field%s, but the header has %zu", state->n_fields, state->n_fields == 1 ? "" : "s", dataset->n_columns);
  return got;
}

static void close_csv(hw_dataset *dataset) {
  csv_state *state = dataset->state;
  if (!state) return;
  csv_free(&state->parser);
  hw_arena_fini(&state->fields);
  free(state);
}

const hw_format hw_dataset_csv = {
    .name = "csv", .endings = {"csv"}, .open = open_csv, .read = read_csv, .close = close_csv};
