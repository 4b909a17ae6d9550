/* SPDX-License-Identifier: Apache-2.0
 * JSONL (an object a line) and JSON (an array of objects, cut from the stream one at a time). A string in the place of
 * an object is a prompt. Jansson judges and decodes; values that are no strings keep the digits of the file, because
 * Jansson would print 0.1 as 0.10000000000000001 and refuse integers past 2^63. */
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "dataset/json_scan.h"
#include "dataset/reader.h"
#include "headwater/arena.h"
#include "base/text.h"

typedef struct json_state {
  json_t *root;       /* of the row; its names and strings are lent to the record */
  hw_arena values;    /* texts of the other values */
  int64_t n_elements; /* of the array, so far */
  bool ended;         /* its closing bracket is read */
} json_state;

static const char *skip_space(const char *at, const char *end) {
  while (at < end && hw_json_is_space(*at)) at++;
  return at;
}

static size_t value_length(const char *at, const char *end) {
  hw_json_scan scan = {0};
  return hw_json_scan_value(&scan, at, (size_t)(end - at));
}

static bool take_member(hw_dataset *dataset, const char *key, const json_t *value, const char *text, size_t length,
                        hw_error *err) {
  json_state *state = dataset->state;
  hw_cell cell = {.name = key, .nested = json_is_array(value) || json_is_object(value)};
  if (json_is_string(value)) {
    cell.value = json_string_value(value);
    cell.length = json_string_length(value);
  } else if (!json_is_null(value)) {
    char *compact = hw_arena_alloc(&state->values, length + 1, 1, err);
    if (!compact) return false;
    cell.length = hw_json_compact(text, length, compact);
    compact[cell.length] = '\0';
    cell.value = compact;
  }
  return hw_record_add(&dataset->record, cell) ? true : hw_fail_memory(err, "a row");
}

/* Jansson keeps the order of the members and has refused duplicates, so the text can be walked beside it. */
static bool take_object(hw_dataset *dataset, json_t *object, const char *text, size_t length, hw_error *err) {
  const char *end = text + length, *at = skip_space(text, end) + 1;
  const char *key;
  json_t *value;
  json_object_foreach(object, key, value) {
    at = skip_space(at, end);
    if (at < end && *at == ',') at = skip_space(at + 1, end);
    at = skip_space(at + value_length(at, end), end); /* over the key, to the colon */
    if (at < end) at = skip_space(at + 1, end);
    size_t n = value_length(at, end);
    if (!take_member(dataset, key, value, at, n, err)) return false;
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

/* The text of one row into the record, whose line is set. 1 also for a row that is broken, -1 when memory is short. */
static int take_row(hw_dataset *dataset, const char *text, size_t length, hw_error *err) {
  json_state *state = dataset->state;
  hw_record *record = &dataset->record;
  hw_arena_reset(&state->values);
  json_decref(state->root);
  state->root = NULL;
  size_t valid = hw_utf8_valid_prefix(text, length);
  if (valid != length) {
    hw_record_break(record, "the row is not UTF-8 (byte %zu)", valid + 1);
    return 1;
  }
  json_error_t error;
  state->root = json_loadb(text, length,
                           JSON_DECODE_ANY | JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL | JSON_DECODE_INT_AS_REAL, &error);
  json_t *root = state->root;
  if (!root && json_error_code(&error) == json_error_out_of_memory) return hw_fail_memory(err, "a JSON row"), -1;
  if (!root) {
    hw_record_break(record, "not a JSON object: %s", error.text);
  } else if (json_is_string(root)) {
    const char *name = dataset->roles[HW_USE_PROMPT] ? dataset->roles[HW_USE_PROMPT] : "prompt";
    hw_cell cell = {.name = name, .value = json_string_value(root), .length = json_string_length(root)};
    if (!hw_record_add(record, cell)) return hw_fail_memory(err, "a row"), -1;
  } else if (!json_is_object(root)) {
    hw_record_break(record, "not a JSON object: %s", type_name(root));
  } else if (json_object_size(root) > HW_MAX_COLUMNS) {
    hw_record_break(record, "more than %d columns", (int)HW_MAX_COLUMNS);
  } else if (!take_object(dataset, root, text, length, err)) {
    return -1;
  }
  return 1;
}

static int read_jsonl(hw_dataset *dataset, hw_error *err) {
  hw_buffer *text = &dataset->text;
  const char *end;
  do {
    hw_record_reset(&dataset->record, dataset->stream.line);
    int got = hw_stream_line(&dataset->stream, text, err);
    if (got <= 0) return got;
    end = text->data + text->length;
  } while (skip_space(text->data, end) == end);
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
  hw_fail(err, HW_ERROR_INPUT, "%s: line %" PRId64 ": the file ends before the array does, after %" PRId64 " elements",
          dataset->path, dataset->stream.line, state->n_elements);
  return -1;
}

static int fail_byte(const hw_dataset *dataset, char found, const char *wanted, hw_error *err) {
  const json_state *state = dataset->state;
  bool shown = found > ' ' && found < 0x7f;
  char text[8] = {found};
  if (!shown) (void)snprintf(text, sizeof text, "0x%02X", (unsigned)(unsigned char)found);
  hw_fail(err, HW_ERROR_INPUT, "%s: line %" PRId64 ": found %s after %" PRId64 " elements of the array, want %s",
          dataset->path, dataset->stream.line, text, state->n_elements, wanted);
  return -1;
}

static int cut_element(hw_dataset *dataset, hw_error *err) {
  hw_stream *stream = &dataset->stream;
  hw_buffer *text = &dataset->text;
  hw_json_scan scan = {0};
  int64_t line = stream->line;
  hw_buffer_reset(text);
  while (!scan.done) {
    int got = hw_stream_fill(stream, err);
    if (got < 0) return -1;
    if (got == 0) return fail_early(dataset, err);
    const char *at = (const char *)stream->block + stream->begin;
    size_t n = hw_json_scan_value(&scan, at, stream->end - stream->begin);
    if (n > stream->row_limit - text->length)
      return hw_stream_too_long(stream, line, ": is a quote or bracket left open?", err);
    if (scan.done && n + text->length == 0) return fail_byte(dataset, *at, "a value", err);
    hw_buffer_append(text, at, n);
    hw_stream_take(stream, n);
  }
  return hw_buffer_check(text, err) ? 1 : -1;
}

static int end_array(hw_dataset *dataset, hw_error *err) {
  json_state *state = dataset->state;
  char byte;
  hw_stream_take(&dataset->stream, 1);
  state->ended = true;
  int got = next_byte(&dataset->stream, &byte, err);
  return got > 0 ? fail_byte(dataset, byte, "nothing after its closing bracket", err) : got;
}

static int read_json(hw_dataset *dataset, hw_error *err) {
  json_state *state = dataset->state;
  hw_stream *stream = &dataset->stream;
  char byte;
  if (state->ended) return 0;
  int got = next_byte(stream, &byte, err);
  if (got > 0 && byte == ']') return end_array(dataset, err);
  if (got > 0 && state->n_elements > 0) {
    if (byte != ',') return fail_byte(dataset, byte, "',' or ']'", err);
    hw_stream_take(stream, 1);
    got = next_byte(stream, &byte, err);
  }
  if (got < 0) return -1;
  if (got == 0) return fail_early(dataset, err);
  hw_record_reset(&dataset->record, state->n_elements + 1);
  if (cut_element(dataset, err) < 0) return -1;
  state->n_elements++;
  return take_row(dataset, dataset->text.data, dataset->text.length, err);
}

static bool open_jsonl(hw_dataset *dataset, hw_error *err) {
  json_state *state = calloc(1, sizeof *state);
  if (!state) return hw_fail_memory(err, "a JSON reader");
  hw_arena_init(&state->values);
  dataset->state = state;
  return true;
}

static bool open_json(hw_dataset *dataset, hw_error *err) {
  if (!open_jsonl(dataset, err)) return false;
  char byte;
  int got = next_byte(&dataset->stream, &byte, err);
  if (got < 0) return false;
  if (got == 0) return hw_fail(err, HW_ERROR_INPUT, "%s: no prompts: the data set is empty", dataset->path);
  if (byte == '{')
    return hw_fail(err, HW_ERROR_INPUT, "%s: starts with '{', want '[': an array (an object a line is format jsonl)",
                   dataset->path);
  if (byte != '[') return fail_byte(dataset, byte, "'['", err), false;
  hw_stream_take(&dataset->stream, 1);
  return true;
}

static void close_json(hw_dataset *dataset) {
  json_state *state = dataset->state;
  if (!state) return;
  json_decref(state->root);
  hw_arena_fini(&state->values);
  free(state);
}

const hw_format hw_dataset_jsonl = {.name = "jsonl",
                                    .endings = {"jsonl", "ndjson"},
                                    .self_describing = true,
                                    .open = open_jsonl,
                                    .read = read_jsonl,
                                    .close = close_json};

const hw_format hw_dataset_json = {.name = "json",
                                   .endings = {"json"},
                                   .self_describing = true,
                                   .open = open_json,
                                   .read = read_json,
                                   .close = close_json};
