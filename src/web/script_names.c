/* SPDX-License-Identifier: Apache-2.0 */
#include "web/script_names.h"

#include "base/list.h"

enum { DEEPEST = 128, DEEPEST_PATTERN = 16 }; /* brackets within brackets; of them, those of a declaration */

typedef struct script_reader {
  const char *name;
  hw_arena *arena;
  hw_script *script;
  size_t capacity;
  uint32_t open[DEEPEST]; /* brackets that are open */
  size_t depth;
  bool key; /* the next word of an object or a class names a property */
} script_reader;

static bool is_word(const hw_script_word *word, const char *text) {
  return word->token.kind == HW_SCRIPT_WORD && !word->token.property && hw_script_is(&word->token, text);
}

static bool is_sign(const hw_script_word *word, const char *text) {
  return word->token.kind == HW_SCRIPT_PUNCTUATOR && hw_script_is(&word->token, text);
}

static bool is_one_of(const hw_script_word *word, const char *const *texts, size_t n) {
  for (size_t i = 0; i < n; i++)
    if (is_word(word, texts[i])) return true;
  return false;
}

/* ---- brackets ---- */

/* What { begins, from the tokens before it. */
static hw_script_bracket brace_behind(const hw_script_word *words, size_t at) {
  static const char *const operators[] = {"return", "typeof", "case", "in", "of", "throw", "void", "delete", "await", "yield", "const", "let"};
  if (at == 0) return HW_SCRIPT_BLOCK;
  const hw_script_word *before = &words[at - 1];
  if (before->token.kind == HW_SCRIPT_WORD) {
    if (is_one_of(before, operators, sizeof operators / sizeof *operators)) return HW_SCRIPT_OBJECT;
    return at > 1 && (is_word(&words[at - 2], "class") || is_word(&words[at - 2], "extends")) ? HW_SCRIPT_CLASS : HW_SCRIPT_BLOCK;
  }
  bool block = is_sign(before, ";") || is_sign(before, "{") || is_sign(before, "}") || is_sign(before, ")") || is_sign(before, "=>");
  return block ? HW_SCRIPT_BLOCK : HW_SCRIPT_OBJECT;
}

/* The brackets around the token at hand: what { began, HW_SCRIPT_NO_BRACE in others and at the top level. */
static hw_script_bracket around(const script_reader *reader) {
  return reader->depth ? reader->script->words[reader->open[reader->depth - 1]].brace : HW_SCRIPT_NO_BRACE;
}

static bool follow_brackets(script_reader *reader, size_t at, hw_error *err) {
  hw_script_word *words = reader->script->words, *word = &words[at];
  if (hw_script_closes(&word->token)) {
    char closes = word->token.at[0];
    if (!reader->depth) return hw_fail(err, HW_ERROR_UNSUPPORTED, "web/%s: \"%c\" closes nothing", reader->name, closes);
    hw_script_word *opener = &words[reader->open[--reader->depth]];
    char opens = opener->token.at[opener->token.length - 1];
    if (closes != (opens == '(' ? ')' : opens == '[' ? ']' : '}'))
      return hw_fail(err, HW_ERROR_UNSUPPORTED, "web/%s: \"%c\" closes \"%c\"", reader->name, closes, opens);
    opener->match = (uint32_t)at;
  }
  if (!hw_script_opens(&word->token)) return true;
  if (reader->depth == DEEPEST) return hw_fail(err, HW_ERROR_UNSUPPORTED, "web/%s: brackets within brackets, want at most %d", reader->name, DEEPEST);
  reader->open[reader->depth++] = (uint32_t)at;
  if (is_sign(word, "{")) word->brace = brace_behind(words, at);
  return true;
}

/* Does a statement of the top level end with this token? Behind the body of an arrow function it may go on. */
static bool ends_statement(const script_reader *reader, size_t at) {
  const hw_script_word *words = reader->script->words;
  if (reader->depth) return false;
  if (!is_sign(&words[at], "}")) return is_sign(&words[at], ";");
  size_t open = at;
  while (words[open].match != at) open--; /* the brackets between them have matches between them */
  return words[open].brace == HW_SCRIPT_CLASS || (words[open].brace == HW_SCRIPT_BLOCK && !(open && is_sign(&words[open - 1], "=>")));
}

static bool read_words(script_reader *reader, const char *text, size_t length, hw_error *err) {
  hw_script *script = reader->script;
  hw_script_lexer lexer;
  hw_script_open(&lexer, reader->name, text, length);
  if (length >= UINT32_MAX) return hw_fail(err, HW_ERROR_UNSUPPORTED, "web/%s: %zu bytes are too long", reader->name, length);
  uint32_t statement = 0;
  for (;; script->n++) {
    size_t at = script->n;
    if (!hw_script_next(&lexer, err) || !hw_list_reserve(script->words, at, 1, reader->capacity, reader->arena, err)) return false;
    script->words[at] = (hw_script_word){.token = lexer.token, .statement = statement};
    if (lexer.token.kind == HW_SCRIPT_END) break;
    if (!follow_brackets(reader, at, err)) return false;
    if (ends_statement(reader, at)) statement++;
  }
  script->n_statements = (size_t)statement + 1;
  return !reader->depth || hw_fail(err, HW_ERROR_UNSUPPORTED, "web/%s: a bracket is not closed", reader->name);
}

/* ---- names and properties ---- */

/* The role of a word where an object or a class wants the name of a member. The next word is another name of it behind "async" and such. */
static hw_script_role role_of_key(script_reader *reader, const hw_script_word *next, hw_script_bracket within) {
  bool more = next->token.kind == HW_SCRIPT_WORD || next->token.kind == HW_SCRIPT_QUOTED || is_sign(next, "[") || is_sign(next, "*");
  reader->key = more;
  if (more || within == HW_SCRIPT_CLASS || is_sign(next, ":") || is_sign(next, "(")) return HW_SCRIPT_OTHER;
  return HW_SCRIPT_SHORTHAND;
}

static void find_roles(script_reader *reader) {
  hw_script_word *words = reader->script->words;
  for (size_t i = 0; i < reader->script->n; i++) {
    hw_script_word *word = &words[i];
    if (hw_script_closes(&word->token)) reader->depth--;
    hw_script_bracket within = around(reader);
    if (hw_script_opens(&word->token)) reader->open[reader->depth++] = (uint32_t)i;
    bool is_name = word->token.kind == HW_SCRIPT_WORD && !word->token.property && !(word->token.at[0] >= '0' && word->token.at[0] <= '9');
    if (is_name && reader->key) word->role = role_of_key(reader, &words[i + 1], within);
    else {
      if (is_name) word->role = HW_SCRIPT_NAME;
      bool begins = is_sign(word, "{") && (word->brace == HW_SCRIPT_OBJECT || word->brace == HW_SCRIPT_CLASS);
      reader->key = begins || (within == HW_SCRIPT_OBJECT && is_sign(word, ",")) || (within == HW_SCRIPT_CLASS && (is_sign(word, ";") || is_sign(word, "}")));
    }
  }
}

/* ---- declarations ---- */

/* Behind the token, and behind its brackets where it opens some. */
static size_t behind(const hw_script_word *words, size_t at) {
  while (hw_script_opens(&words[at].token)) at = words[at].match; /* a part of a template closes and opens */
  return at + 1;
}

static size_t behind_default(const hw_script_word *words, size_t at) {
  if (!is_sign(&words[at], "=")) return at;
  while (words[at].token.kind != HW_SCRIPT_END && !is_sign(&words[at], ",") && !is_sign(&words[at], ";") && !hw_script_closes(&words[at].token))
    at = behind(words, at);
  return at;
}

/* Declares the variables of a pattern, "a", "[a, b = 1]", "{a, b: [c], ...d}"; `at` moves behind it. */
static bool declare_pattern(script_reader *reader, size_t *at, bool at_top, unsigned deep, hw_error *err);

/* Patterns with defaults, parted by commas, between brackets. */
static bool declare_list(script_reader *reader, size_t at, size_t end, bool at_top, unsigned deep, hw_error *err) {
  hw_script_word *words = reader->script->words;
  while (at < end) {
    bool named = words[at].role == HW_SCRIPT_OTHER && !is_sign(&words[at], ",") && !is_sign(&words[at], "...") &&
                 !is_sign(&words[at], "{") && is_sign(&words[behind(words, at)], ":"); /* {key: pattern}, {[key]: pattern} */
    if (named) at = behind(words, at) + 1;
    if (!is_sign(&words[at], ",") && !declare_pattern(reader, &at, at_top, deep, err)) return false;
    at = behind_default(words, at);
    if (at < end && !is_sign(&words[at], ","))
      return hw_fail(err, HW_ERROR_UNSUPPORTED, "web/%s: \"%.*s\" in a declaration", reader->name, (int)words[at].token.length, words[at].token.at);
    at++;
  }
  return true;
}

static bool declare_pattern(script_reader *reader, size_t *at, bool at_top, unsigned deep, hw_error *err) {
  hw_script_word *words = reader->script->words;
  if (is_sign(&words[*at], "...")) ++*at;
  hw_script_word *word = &words[*at];
  if (deep == DEEPEST_PATTERN) return hw_fail(err, HW_ERROR_UNSUPPORTED, "web/%s: a declaration is deeper than %d", reader->name, DEEPEST_PATTERN);
  if (word->role != HW_SCRIPT_OTHER) word->declares = true, word->at_top = at_top;
  else if (!hw_script_opens(&word->token)) return true; /* the list tells it */
  else if (!declare_list(reader, *at + 1, word->match, at_top, deep + 1, err)) return false;
  *at = behind(words, *at);
  return true;
}

/* Behind const or let. */
static bool declare_variables(script_reader *reader, size_t at, bool at_top, hw_error *err) {
  hw_script_word *words = reader->script->words;
  do {
    at++;
    if (!declare_pattern(reader, &at, at_top, 0, err)) return false;
    if (is_word(&words[at], "of")) words[at].role = HW_SCRIPT_OTHER; /* a variable can have this name */
    at = behind_default(words, at);
  } while (is_sign(&words[at], ","));
  return true;
}

/* Is ( the beginning of parameters? Of an arrow function, a function, a method, or catch. */
static bool is_parameters(const hw_script_word *words, size_t at) {
  static const char *const controls[] = {"if", "for", "while", "switch", "await"};
  const hw_script_word *next = &words[words[at].match + 1];
  if (is_sign(next, "=>")) return true;
  return is_sign(next, "{") && next->brace == HW_SCRIPT_BLOCK && !(at && is_one_of(&words[at - 1], controls, sizeof controls / sizeof *controls));
}

static bool find_declarations(script_reader *reader, hw_error *err) {
  hw_script_word *words = reader->script->words;
  for (size_t i = 0, depth = 0; i < reader->script->n; i++) {
    hw_script_word *word = &words[i];
    bool at_top = depth == 0, keyword = word->role == HW_SCRIPT_NAME;
    if (hw_script_closes(&word->token)) depth--;
    if (hw_script_opens(&word->token)) depth++;
    if (keyword && (is_word(word, "const") || is_word(word, "let"))) {
      if (!declare_variables(reader, i, at_top, err)) return false;
    } else if (keyword && (is_word(word, "function") || is_word(word, "class"))) {
      hw_script_word *named = &words[i + (is_sign(&words[i + 1], "*") ? 2 : 1)];
      if (named->role == HW_SCRIPT_NAME) named->declares = true, named->at_top = at_top;
    } else if (is_sign(word, "(") && is_parameters(words, i)) {
      if (!declare_list(reader, i + 1, word->match, false, 0, err)) return false;
    } else if (keyword && is_sign(&words[i + 1], "=>"))
      word->declares = true;
  }
  return true;
}

bool hw_script_read(const char *name, const char *text, size_t length, hw_arena *arena, hw_script *script, hw_error *err) {
  *script = (hw_script){0};
  script_reader reader = {.name = name, .arena = arena, .script = script};
  if (!read_words(&reader, text, length, err)) return false;
  find_roles(&reader);
  return find_declarations(&reader, err);
}
