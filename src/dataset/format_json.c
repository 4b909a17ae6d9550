/* SPDX-License-Identifier: Apache-2.0
 * JSON in each of the ways in which rows are written, told apart by the bytes and not by the name: an object a line (JSONL), values
 * behind each other, an array, or an array inside of an object: its only member, or its member "prompts". A string in the place of an
 * object is a prompt. The first pass collects the columns of all rows. Jansson judges and decodes; values that are no strings keep
 * the digits of the file, because Jansson would print 0.1 as 0.10000000000000001 and refuse integers past 2^63. NaN is null. */
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "dataset/json_scan.h"
#include "dataset/reader.h"
#include "headwater/arena.h"

typedef enum layout { LINES, VALUES, ARRAY } layout;

typedef struct json_state {
  layout layout;
  char *wrapper;      /* NULL, or the member of the file's one object that is the array */
  json_t *root;       /* of the row; its strings are lent to the raw row */
  hw_arena values;    /* texts of the other values */
  hw_buffer masked;   /* text of a row whose numbers Jansson cannot hold */
  int64_t n_elements; /* of the array or of the values, so far */
  bool ended;         /* the array's closing bracket is read */
} json_state;

static const char *skip_space(const char *at, const char *end) {
  while (at < end && hw_json_is_space(*at)) at++;
  return at;
}

static size_t value_length(const char *at, const char *end) {
  hw_json_scan scan = {0};
  return hw_json_scan_value(&scan, at, (size_t)(end - at));
}

/* Column of a member; the first pass adds those that are new. `guess` is where it stood in other rows. */
static bool find_column(hw_dataset *dataset, const char *key, size_t guess, int *column, hw_error *err) {
  *column = hw_columns_find_key(dataset, key, guess);
  if (*column >= 0) return true;
  if (dataset->settled) return hw_fail(err, HW_ERROR_INPUT, "%s: the data set changed while it was read", dataset->path);
  *column = (int)dataset->n_columns;
  return hw_columns_add(dataset, key, strlen(key), err);
}

static bool take_member(hw_dataset *dataset, int column, const json_t *value, const char *text, size_t length, hw_error *err) {
  json_state *state = dataset->state;
  if (json_array_size(value) <= 1 && json_is_array(value) && hw_columns_use(dataset, column) < HW_N_USES) { /* [x] is x, [] is null */
    const json_t *inner = json_array_get(value, 0);
    const char *end = text + length - 1;
    text = skip_space(text + 1, end);
    if (!inner) return hw_raw_row_add(&dataset->raw_row, (hw_cell){.column = column}, err);
    if (!json_is_array(inner)) return take_member(dataset, column, inner, text, value_length(text, end), err);
  }
  hw_cell cell = {.column = column, .nested = json_is_array(value) || json_is_object(value)};
  if (json_is_string(value)) {
    cell.value = json_string_value(value);
    cell.length = json_string_length(value);
  } else if (!json_is_null(value) && text[0] != 'N') {
    char *compact = hw_arena_alloc(&state->values, length + 1, 1, err);
    if (!compact) return false;
    cell.length = hw_json_compact(text, length, compact);
    compact[cell.length] = '\0';
    cell.value = compact;
  }
  return hw_raw_row_add(&dataset->raw_row, cell, err);
}

/* Jansson keeps the order of the members and has refused duplicates, so the text can be walked beside it. */
static bool take_object(hw_dataset *dataset, json_t *object, const char *text, size_t length, hw_error *err) {
  const char *end = text + length, *at = skip_space(text, end) + 1;
  const char *key;
  json_t *value;
  int column;
  json_object_foreach(object, key, value) {
    at = skip_space(at, end);
    if (at < end && *at == ',') at = skip_space(at + 1, end);
    at = skip_space(at + value_length(at, end), end); /* over the key, to the colon */
    if (at < end) at = skip_space(at + 1, end);
    size_t n = value_length(at, end);
    if (!find_column(dataset, key, dataset->raw_row.n_cells, &column, err) || !take_member(dataset, column, value, at, n, err)) return false;
    at += n;
  }
  return true;
}

static const char *type_name(const json_t *value) {
  return json_is_array(value)    ? "an array"
         : json_is_number(value) ? "a number"
         : json_is_null(value)   ? "null"
                                 : "a boolean";
}

/* Jansson's reading of a row: NULL when it is none, and *error says why. */
static json_t *parse(json_state *state, const char *text, size_t length, json_error_t *error) {
  enum { FLAGS = JSON_DECODE_ANY | JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL | JSON_DECODE_INT_AS_REAL };
  json_t *root = json_loadb(text, length, FLAGS, error);
  if (root) return root;
  hw_buffer_reset(&state->masked);
  hw_buffer_append(&state->masked, text, length);
  if (state->masked.failed || !hw_json_mask_numbers(state->masked.data, length)) return NULL;
  json_error_t ignored; /* the first message quotes the file */
  return json_loadb(state->masked.data, length, FLAGS, &ignored);
}

/* The text of one row into the raw row, whose line is set. 1 also for a row that is broken, -1 when memory is short. */
static int take_row(hw_dataset *dataset, const char *text, size_t length, hw_error *err) {
  json_state *state = dataset->state;
  hw_raw_row *raw_row = &dataset->raw_row;
  hw_arena_reset(&state->values);
  json_decref(state->root);
  state->root = NULL;
  size_t valid = hw_utf8_valid_prefix(text, length);
  if (valid != length) {
    hw_raw_row_break(raw_row, "the row is not UTF-8 (byte %zu)", valid + 1);
    return 1;
  }
  json_error_t error;
  json_t *root = state->root = parse(state, text, length, &error);
  if (!root && (state->masked.failed || json_error_code(&error) == json_error_out_of_memory)) return hw_fail_memory(err, "a JSON row"), -1;
  if (!root) {
    hw_raw_row_break(raw_row, "not a JSON object: %s", error.text);
  } else if (json_is_string(root)) {
    dataset->bare_rows = true;
    hw_cell cell = {.column = dataset->uses[HW_USE_PROMPT], .value = json_string_value(root), .length = json_string_length(root)};
    if (!hw_raw_row_add(raw_row, cell, err)) return -1;
  } else if (!json_is_object(root)) {
    hw_raw_row_break(raw_row, "not a JSON object: %s", type_name(root));
  } else if (json_object_size(root) > HW_MAX_COLUMNS) {
    hw_raw_row_break(raw_row, "more than %d columns", (int)HW_MAX_COLUMNS);
  } else if (!take_object(dataset, root, text, length, err)) {
    return -1;
  }
  return 1;
}

static int read_line(hw_dataset *dataset, hw_error *err) {
  hw_buffer *text = &dataset->text;
  const char *end;
  do {
    hw_raw_row_reset(&dataset->raw_row, dataset->stream.line);
    int got = hw_stream_line(&dataset->stream, text, err);
    if (got <= 0) return got;
    end = text->data + text->length;
  } while (skip_space(text->data, end) == end);
  if (text->length > dataset->stream.row_limit) return hw_dataset_break_long(dataset), 1;
  return take_row(dataset, text->data, text->length, err);
}

/* Steps over spaces and shows the next byte: 1, 0 at the end of the file, -1. */
static int next_byte(hw_stream *stream, char *byte, hw_error *err) {
  for (;;) {
    int got = hw_stream_fill(stream, err);
    if (got <= 0) return got;
    *byte = (char)stream->block[stream->begin];
    if (!hw_json_is_space(*byte)) return 1;
    hw_stream_take(stream, 1);
  }
}

static int fail_early(const hw_dataset *dataset, hw_error *err) {
  const json_state *state = dataset->state;
  hw_fail(err, HW_ERROR_INPUT, "%s: line %" PRId64 ": the file ends before %s does, after %" PRId64 " elements", dataset->path,
          dataset->stream.line, state->layout == ARRAY ? "the array" : "a value", state->n_elements);
  return -1;
}

static int fail_byte(const hw_dataset *dataset, char found, const char *wanted, hw_error *err) {
  const json_state *state = dataset->state;
  bool shown = found > ' ' && found < 0x7f;
  char text[8] = {found};
  if (!shown) (void)snprintf(text, sizeof text, "0x%02X", (unsigned)(unsigned char)found);
  hw_fail(err, HW_ERROR_INPUT, "%s: line %" PRId64 ": found %s after %" PRId64 " elements%s, want %s", dataset->path,
          dataset->stream.line, text, state->n_elements, state->layout == ARRAY ? " of the array" : "", wanted);
  return -1;
}

/* Takes the value that starts at the next byte, into `text` unless it is NULL; of one that is longer than a row can be, that and a byte. */
static int cut_value(hw_dataset *dataset, hw_buffer *text, hw_error *err) {
  hw_stream *stream = &dataset->stream;
  hw_json_scan scan = {0};
  size_t length = 0;
  if (text) hw_buffer_reset(text);
  while (!scan.done) {
    int got = hw_stream_fill(stream, err);
    if (got < 0) return -1;
    if (got == 0) return fail_early(dataset, err);
    const char *at = (const char *)stream->block + stream->begin;
    size_t n = hw_json_scan_value(&scan, at, stream->end - stream->begin);
    length += n;
    if (scan.done && length == 0) return fail_byte(dataset, *at, "a value", err);
    if (text) hw_buffer_append(text, at, n < stream->row_limit + 1 - text->length ? n : stream->row_limit + 1 - text->length);
    hw_stream_take(stream, n);
  }
  return !text || hw_buffer_check(text, err) ? 1 : -1;
}

/* Takes the next byte that is no space, which must be `wanted`: 1, 0 when it is another, -1. */
static int take_byte(hw_dataset *dataset, char wanted, hw_error *err) {
  char byte;
  int got = next_byte(&dataset->stream, &byte, err);
  if (got <= 0 || byte != wanted) return got < 0 ? -1 : 0;
  hw_stream_take(&dataset->stream, 1);
  return 1;
}

/* Takes '"key":' of an object's next member, the key with its quotes into dataset->text: 1, 0 when there is none, -1. */
static int take_key(hw_dataset *dataset, hw_error *err) {
  char byte;
  int got = next_byte(&dataset->stream, &byte, err);
  if (got <= 0 || byte != '"') return got < 0 ? -1 : 0;
  if (cut_value(dataset, &dataset->text, err) < 0) return -1;
  return take_byte(dataset, ':', err);
}

/* Whether the file is one object around an array of rows: 1 and state->wrapper is its key, 0, or -1. *n_prompts: members "prompts". */
static int find_wrapper(hw_dataset *dataset, size_t *n_prompts, hw_error *err) {
  json_state *state = dataset->state;
  size_t n_members = 0;
  int got = take_byte(dataset, '{', err);
  for (bool more = got > 0; more; n_members++) {
    char byte;
    if ((got = take_key(dataset, err)) <= 0 || (got = next_byte(&dataset->stream, &byte, err)) <= 0) return got;
    bool prompts = strcmp(dataset->text.data, "\"prompts\"") == 0;
    *n_prompts += prompts;
    if (byte == '[' && (prompts || n_members == 0)) {
      free(state->wrapper);
      if (!(state->wrapper = strdup(dataset->text.data))) return hw_fail_memory(err, "a JSON reader"), -1;
    }
    if (cut_value(dataset, NULL, err) < 0) return -1;
    if ((got = take_byte(dataset, ',', err)) < 0) return -1;
    more = got > 0;
  }
  if ((got = take_byte(dataset, '}', err)) <= 0) return got;
  char byte;
  bool found = state->wrapper && (n_members == 1 || strcmp(state->wrapper, "\"prompts\"") == 0);
  got = next_byte(&dataset->stream, &byte, err);
  return got < 0 ? -1 : found && got == 0;
}

/* Up to the first element of the array, over what is around it. */
static bool enter_array(hw_dataset *dataset, hw_error *err) {
  const json_state *state = dataset->state;
  int got = state->wrapper ? take_byte(dataset, '{', err) : 1;
  while (got > 0 && state->wrapper) {
    got = take_key(dataset, err);
    if (got <= 0 || strcmp(dataset->text.data, state->wrapper) == 0) break;
    char byte; /* of the value, behind spaces */
    if (next_byte(&dataset->stream, &byte, err) < 0 || cut_value(dataset, NULL, err) < 0) return false;
    got = take_byte(dataset, ',', err);
  }
  if (got > 0) got = take_byte(dataset, '[', err);
  return got > 0 || (got == 0 && hw_fail(err, HW_ERROR_INPUT, "%s: the data set changed while it was read", dataset->path));
}

static int end_array(hw_dataset *dataset, hw_error *err) {
  json_state *state = dataset->state;
  hw_stream *stream = &dataset->stream;
  hw_stream_take(stream, 1);
  state->ended = true;
  if (state->wrapper) return 0; /* what is around it was read before */
  char byte;
  int got = next_byte(stream, &byte, err);
  return got > 0 ? fail_byte(dataset, byte, "nothing after its closing bracket", err) : got;
}

static int read_element(hw_dataset *dataset, hw_error *err) {
  json_state *state = dataset->state;
  hw_stream *stream = &dataset->stream;
  char byte;
  if (state->ended) return 0;
  int got = next_byte(stream, &byte, err);
  if (state->layout == ARRAY) {
    if (got > 0 && byte == ']') return end_array(dataset, err);
    if (got > 0 && state->n_elements > 0) {
      if (byte != ',') return fail_byte(dataset, byte, "',' or ']'", err);
      hw_stream_take(stream, 1);
      got = next_byte(stream, &byte, err);
    }
    if (got == 0) return fail_early(dataset, err);
  }
  if (got <= 0) return got;
  hw_raw_row_reset(&dataset->raw_row, state->layout == ARRAY ? state->n_elements + 1 : stream->line);
  if (cut_value(dataset, &dataset->text, err) < 0) return -1;
  state->n_elements++;
  if (dataset->text.length > stream->row_limit) return hw_dataset_break_long(dataset), 1;
  return take_row(dataset, dataset->text.data, dataset->text.length, err);
}

static int read_json(hw_dataset *dataset, hw_error *err) {
  const json_state *state = dataset->state;
  return state->layout == LINES ? read_line(dataset, err) : read_element(dataset, err);
}

/* Whether the file has a value a line, by its first one: not when it goes on in the next line without a string being cut, or
 * when another value stands behind it. */
static bool find_lines(hw_dataset *dataset, hw_error *err) {
  json_state *state = dataset->state;
  hw_buffer *text = &dataset->text;
  char byte = 0;
  state->layout = LINES;
  if (hw_stream_line(&dataset->stream, text, err) < 0) return false;
  if (text->length > dataset->stream.row_limit) return true; /* a line that is cut: a row that is too long */
  hw_json_scan scan = {0};
  const char *end = text->data + text->length, *at = skip_space(text->data, end);
  at += hw_json_scan_value(&scan, at, (size_t)(end - at));
  at = skip_space(at, end);
  int more = scan.done || scan.in_string || scan.depth == 0 ? 0 : next_byte(&dataset->stream, &byte, err);
  bool behind = scan.done && at < end && (*at == '{' || *at == '"');
  if (behind || (more > 0 && byte != '{')) state->layout = VALUES;
  return more >= 0;
}

static bool detect_json(hw_dataset *dataset, hw_error *err) {
  json_state *state = calloc(1, sizeof *state);
  if (!state) return hw_fail_memory(err, "a JSON reader");
  hw_arena_init(&state->values);
  hw_buffer_init(&state->masked);
  dataset->state = state;
  char byte;
  int got = next_byte(&dataset->stream, &byte, err);
  if (got <= 0) return got == 0;
  state->layout = ARRAY;
  if (byte == '[') return true;
  hw_error broken = {0}; /* then it is no wrapper */
  size_t n_prompts = 0;
  if (byte == '{' && find_wrapper(dataset, &n_prompts, &broken) > 0)
    return n_prompts <= 1 || hw_fail(err, HW_ERROR_INPUT, "%s: the object has %zu members \"prompts\", want one", dataset->path, n_prompts);
  free(state->wrapper);
  state->wrapper = NULL;
  return hw_stream_rewind(&dataset->stream, err) && next_byte(&dataset->stream, &byte, err) > 0 && find_lines(dataset, err);
}

static bool start_json(hw_dataset *dataset, hw_error *err) {
  json_state *state = dataset->state;
  state->n_elements = 0;
  state->ended = false;
  char byte;
  if (state->layout == LINES) return true;
  int got = next_byte(&dataset->stream, &byte, err); /* an empty file has no rows */
  return got == 0 || (got > 0 && (state->layout == VALUES || enter_array(dataset, err)));
}

static void close_json(hw_dataset *dataset) {
  json_state *state = dataset->state;
  if (!state) return;
  json_decref(state->root);
  hw_arena_fini(&state->values);
  hw_buffer_fini(&state->masked);
  free(state->wrapper);
  free(state);
}

const hw_format hw_dataset_jsonl = {.name = "jsonl",
                                    .endings = {"jsonl", "ndjson"},
                                    .self_describing = true,
                                    .detect = detect_json,
                                    .start = start_json,
                                    .read = read_json,
                                    .close = close_json};

const hw_format hw_dataset_json = {.name = "json",
                                   .endings = {"json"},
                                   .self_describing = true,
                                   .detect = detect_json,
                                   .start = start_json,
                                   .read = read_json,
                                   .close = close_json};
