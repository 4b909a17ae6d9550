/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <jansson.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "cli/command.h"
#include "base/json_writer.h"
#include "headwater/run.h"

typedef struct tokenize_settings {
  const char *model, *text;
  int bos;
  bool lines, json_lines, json;
  size_t double_bos; /* texts so far that begin with the BOS that was added as well */
} tokenize_settings;

#define AT(field) offsetof(tokenize_settings, field)


static const hw_option rows[] = {
    {"model", HW_OPTION_TEXT, AT(model), "DIR", "model folder, or the name of a model in the Hugging Face cache", 0, 0, NULL, false},
    {"text", HW_OPTION_TEXT, AT(text), "TEXT", "the text; without it all of stdin, byte for byte, is one text", 0, 0, NULL, false},
    {"lines", HW_OPTION_FLAG, AT(lines), NULL, "each line of stdin is a text, read as run reads TXT: lines end in LF, CR or CR LF, and a byte order mark before the first one is no text", 0, 0, NULL, false},
    {"json-lines", HW_OPTION_FLAG, AT(json_lines), NULL, "each line of stdin is a JSON string: texts with line breaks in them", 0, 0, NULL, false},
    {"json", HW_OPTION_FLAG, AT(json), NULL, "a JSON object a text: ids, pieces, offsets", 0, 0, NULL, false},
    {"bos", HW_OPTION_CHOICE, AT(bos), "WHEN", "prepend the BOS token: auto, yes, no", 0, 0, hw_bos_names, false},
};
static const hw_option_table table = {rows, sizeof rows / sizeof *rows};

static const hw_option_table *options(void **defaults) {
  static tokenize_settings settings;
  *defaults = &settings;
  return &table;
}

static void put_json(const hw_tokenizer *tokenizer, const hw_encoding *encoding, hw_buffer *out) {
  hw_json json;
  hw_json_init(&json, out);
  hw_json_begin_object(&json);
  hw_json_key(&json, "ids");
  hw_json_begin_array(&json);
  for (size_t i = 0; i < encoding->n; i++) hw_json_int(&json, encoding->ids[i]);
  hw_json_end_array(&json);
  hw_json_key(&json, "pieces");
  hw_json_begin_array(&json);
  for (size_t i = 0; i < encoding->n; i++) {
    const char *bytes;
    size_t length;
    if (hw_tokenizer_piece(tokenizer, encoding->ids[i], &bytes, &length))
      hw_json_bytes(&json, bytes, length);
    else
      hw_json_null(&json);
  }
  hw_json_end_array(&json);
  hw_json_key(&json, "offsets");
  hw_json_begin_array(&json);
  for (size_t i = 0; i < encoding->n; i++) {
    hw_json_begin_array(&json);
    hw_json_int(&json, encoding->starts[i]);
    hw_json_int(&json, encoding->ends[i]);
    hw_json_end_array(&json);
  }
  hw_json_end_array(&json);
  hw_json_end_object(&json);
  hw_buffer_append_byte(out, '\n');
}

static void put_rows(const hw_tokenizer *tokenizer, const hw_encoding *encoding, hw_buffer *out) {
  for (size_t i = 0; i < encoding->n; i++) {
    const char *bytes = "";
    size_t length = 0;
    hw_buffer_printf(out, "%5zu %7d %6u-%-6u ", i, encoding->ids[i], encoding->starts[i], encoding->ends[i]);
    (void)hw_tokenizer_piece(tokenizer, encoding->ids[i], &bytes, &length);
    hw_json_quote(out, bytes, length);
    hw_buffer_append_byte(out, '\n');
  }
}

static bool tokenize(tokenize_settings *s, const hw_tokenizer *tokenizer, const char *text, size_t length, hw_arena *arena, hw_buffer *out,
                     hw_error *err) {
  hw_encoding encoding;
  hw_arena_reset(arena);
  hw_buffer_reset(out);
  if (!hw_tokenizer_encode(tokenizer, text, length, (hw_bos)s->bos, arena, &encoding, err)) return false;
  s->double_bos += encoding.double_bos;
  if (s->json)
    put_json(tokenizer, &encoding, out);
  else
    put_rows(tokenizer, &encoding, out);
  return hw_buffer_check(out, err) && (out->length == 0 || fwrite(out->data, 1, out->length, stdout) == out->length ||
                                       hw_fail(err, HW_ERROR_IO, "cannot write the output: %s", strerror(errno)));
}

/* The texts of one line that ended in LF. Of a text that cannot be tokenised the error names the line. */
static bool tokenize_line(tokenize_settings *s, const hw_tokenizer *tokenizer, const char *line, size_t length, size_t number, hw_arena *arena,
                          hw_buffer *out, hw_error *err) {
  if (s->json_lines) {
    json_t *text = json_loadb(line, length, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
    bool ok = json_is_string(text) ? tokenize(s, tokenizer, json_string_value(text), json_string_length(text), arena, out, err)
                                   : hw_fail(err, HW_ERROR_INPUT, "stdin: line %zu is not a JSON string", number);
    json_decref(text);
    return ok;
  }
  if (length && line[length - 1] == '\r') length--;
  for (const char *at = line, *end = line + length;; at++) {
    const char *cr = memchr(at, '\r', (size_t)(end - at)), *text = at;
    at = cr ? cr : end;
    if (!tokenize(s, tokenizer, text, (size_t)(at - text), arena, out, err)) {
      hw_error problem = *err;
      return problem.kind == HW_ERROR_PROMPT && hw_fail(err, HW_ERROR_PROMPT, "stdin: line %zu: %s", number, problem.message);
    }
    if (!cr) return true;
  }
}

static bool tokenize_lines(tokenize_settings *s, const hw_tokenizer *tokenizer, hw_arena *arena, hw_buffer *out, hw_error *err) {
  char *line = NULL;
  size_t capacity = 0;
  ssize_t length;
  bool ok = true;
  for (size_t number = 1; ok && (length = getline(&line, &capacity, stdin)) >= 0; number++) {
    static const char mark[] = "\xEF\xBB\xBF";
    const size_t n = sizeof mark - 1, skip = number == 1 && (size_t)length >= n && memcmp(line, mark, n) == 0 ? n : 0;
    if ((size_t)length == skip && skip) break;
    if (line[length - 1] == '\n') length--;
    ok = tokenize_line(s, tokenizer, line + skip, (size_t)length - skip, number, arena, out, err);
  }
  free(line);
  return ok;
}

static int run(const hw_command *command, int argc, char **argv) {
  tokenize_settings s = {0};
  int n;
  hw_error err = {0};
  if (!hw_cli_arguments(command, table, &s, argc, argv, NULL, 0, 0, &n, &err)) return hw_cli_usage(command, err.message);
  if (!s.model) return hw_cli_usage(command, "no --model DIR given");
  if (s.text && (s.lines || s.json_lines)) return hw_cli_usage(command, "--lines reads stdin, so it cannot go with --text");
  if (s.lines && s.json_lines) return hw_cli_usage(command, "--lines and --json-lines are both given; want one of them");
  hw_tokenizer *tokenizer = NULL;
  hw_arena arena;
  hw_buffer out, text;
  hw_arena_init(&arena);
  hw_buffer_init(&out);
  hw_buffer_init(&text);
  bool ok = hw_tokenizer_open(s.model, NULL, &tokenizer, &err);
  if (ok && (s.lines || s.json_lines))
    ok = tokenize_lines(&s, tokenizer, &arena, &out, &err);
  else if (ok && s.text)
    ok = tokenize(&s, tokenizer, s.text, strlen(s.text), &arena, &out, &err);
  else if (ok)
    ok = hw_cli_read_stdin(&text, &err) && tokenize(&s, tokenizer, text.data ? text.data : "", text.length, &arena, &out, &err);
  if (s.double_bos) fprintf(stderr, "headwater: %zu texts begin with the BOS token themselves, so they have two\n", s.double_bos);
  int code = ok ? hw_cli_finish() : hw_cli_fail(&err);
  hw_buffer_fini(&text);
  hw_buffer_fini(&out);
  hw_arena_fini(&arena);
  hw_tokenizer_close(tokenizer);
  return code;
}

const hw_command hw_cmd_tokenize = {
    .name = "tokenize",
    .usage = "--model DIR [--text TEXT] [options]",
    .summary = "token ids, pieces and character offsets of a text",
    .example = "  headwater tokenize --model datasets/models/headwater-gpt2 --text \"Mary went\"\n",
    .options = options,
    .run = run,
};
