/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "base/hash_table.h"
#include "web/minify.h"
#include "web/script_names.h"

/* A name that is declared has one short name, whatever scopes it is declared in. Two names share a short one when no statement of the top
 * level has both, and not both are declared at the top level. So in each statement different names stay different, and what they mean
 * stays as it is. */

static const char first_letters[] = "etnairsocldupmhgfyvbxwkTSPEIjRLACNODFMHzUBGWVqYKXJZQ$_", /* common ones first: gzip */
    second_letters[] = "etnairsocldupmhgfyvbxwkTSPEIjRLACNODFMHzUBGWVqYKXJZQ$_0123456789";
enum { FIRSTS = sizeof first_letters - 1, SECONDS = sizeof second_letters - 1, SHORTS = FIRSTS * (1 + SECONDS), ROW_BITS = 64 };

typedef struct script_name {
  const char *at;
  size_t length;
  size_t first; /* word at which it stands first */
  size_t n;     /* words that are replaced */
  bool at_top;
  bool stays;   /* in some statement it is not declared: a name of the browser, or a keyword */
  size_t brief; /* its short name */
} script_name;

typedef struct name_table {
  const hw_script *script;
  hw_arena *arena;
  uint32_t *of_word; /* [script->n] number of the word's name */
  script_name *list;        /* [n], the first one is of no word */
  size_t n;
  hw_hash_table table;
  size_t row;          /* words of 64 bits that have a bit for each statement */
  uint64_t *declared;  /* [n][row] statements that declare it */
  uint64_t *stands;    /* [n][row] statements in which it is replaced */
  uint64_t *taken;     /* [SHORTS][row] statements that have the short name */
  bool *reserved, *at_top; /* [SHORTS] no variable has it; one of the top level has it */
} name_table;

static void set_bit(uint64_t *rows, size_t row, size_t r, size_t bit) {
  rows[r * row + bit / ROW_BITS] |= UINT64_C(1) << bit % ROW_BITS;
}

static bool has_bit(const uint64_t *rows, size_t row, size_t r, size_t bit) {
  return rows[r * row + bit / ROW_BITS] >> bit % ROW_BITS & 1;
}

static void spell(size_t brief, char text[3]) {
  bool one = brief < FIRSTS;
  text[0] = one ? first_letters[brief] : first_letters[(brief - FIRSTS) / SECONDS];
  text[1] = one ? '\0' : second_letters[(brief - FIRSTS) % SECONDS];
  text[2] = '\0';
}

/* The number of a name, 0 when it is not known. */
static size_t find_name(const name_table *names, const char *at, size_t length) {
  const hw_hash_entry *entry = hw_hash_find(&names->table, XXH3_64bits(at, length));
  for (; entry->value; entry = hw_hash_next(&names->table, entry))
    if (names->list[entry->value].length == length && memcmp(names->list[entry->value].at, at, length) == 0) return (size_t)entry->value;
  return 0;
}

static bool collect(name_table *names, hw_error *err) {
  const hw_script *script = names->script;
  names->of_word = hw_arena_znew(names->arena, uint32_t, script->n, err);
  names->list = hw_arena_znew(names->arena, script_name, script->n + 1, err);
  if (!names->of_word || !names->list) return false;
  names->n = 1;
  for (size_t i = 0; i < script->n; i++) {
    const hw_script_word *word = &script->words[i];
    if (word->role == HW_SCRIPT_OTHER) continue;
    if (!hw_hash_reserve(&names->table, 1, names->arena, err)) return false;
    size_t found = find_name(names, word->token.at, word->token.length);
    if (!found) {
      uint64_t key = XXH3_64bits(word->token.at, word->token.length);
      hw_hash_entry *entry = hw_hash_find(&names->table, key);
      while (entry->value) entry = hw_hash_next(&names->table, entry);
      found = names->n++;
      hw_hash_put(&names->table, entry, key, found);
      names->list[found] = (script_name){.at = word->token.at, .length = word->token.length, .first = i};
    }
    names->of_word[i] = (uint32_t)found;
  }
  return true;
}

/* Which words are replaced: those that their statement, or the top level, declares. */
static bool mark(name_table *names, hw_error *err) {
  const hw_script *script = names->script;
  names->row = (script->n_statements + ROW_BITS - 1) / ROW_BITS;
  size_t bits;
  if (!hw_size_product(names->n, names->row, &bits)) return hw_fail(err, HW_ERROR_MEMORY, "%zu names are too many", names->n);
  names->declared = hw_arena_znew(names->arena, uint64_t, bits, err);
  names->stands = hw_arena_znew(names->arena, uint64_t, bits, err);
  if (!names->declared || !names->stands) return false;
  for (size_t i = 0; i < script->n; i++) {
    const hw_script_word *word = &script->words[i];
    if (!word->declares) continue;
    set_bit(names->declared, names->row, names->of_word[i], word->statement);
    if (word->at_top) names->list[names->of_word[i]].at_top = true;
  }
  for (size_t i = 0; i < script->n; i++) {
    script_name *name = &names->list[names->of_word[i]];
    if (!names->of_word[i]) continue;
    if (!name->at_top && !has_bit(names->declared, names->row, names->of_word[i], script->words[i].statement)) {
      name->stays = true;
      names->of_word[i] = 0;
      continue;
    }
    name->n++;
    set_bit(names->stands, names->row, (size_t)(name - names->list), script->words[i].statement);
  }
  return true;
}

/* Is a short name a word that stays, or one that no variable may have? */
static bool is_reserved(const name_table *names, size_t brief) {
  static const char *const reserved[] = {"do", "if", "in", "of", "as"};
  char text[3];
  spell(brief, text);
  for (size_t i = 0; i < sizeof reserved / sizeof *reserved; i++)
    if (!strcmp(text, reserved[i])) return true;
  size_t found = find_name(names, text, strlen(text));
  return found && names->list[found].stays;
}

static bool is_free(const name_table *names, size_t brief, size_t which) {
  if (names->reserved[brief] || (names->at_top[brief] && names->list[which].at_top)) return false;
  for (size_t w = 0; w < names->row; w++)
    if (names->taken[brief * names->row + w] & names->stands[which * names->row + w]) return false;
  return true;
}

/* Those that stand most often first; then in the order in which they stand. */
static int by_number(const void *a, const void *b) {
  const script_name *x = *(script_name *const *)a, *y = *(script_name *const *)b;
  if (x->n != y->n) return x->n < y->n ? 1 : -1;
  return (x->first > y->first) - (x->first < y->first);
}

/* Gives out the short names. */
static bool choose(name_table *names, const char *file, hw_error *err) {
  script_name **order = hw_arena_new(names->arena, script_name *, names->n, err);
  names->taken = hw_arena_znew(names->arena, uint64_t, SHORTS * names->row, err);
  names->reserved = hw_arena_znew(names->arena, bool, SHORTS, err);
  names->at_top = hw_arena_znew(names->arena, bool, SHORTS, err);
  if (!order || !names->taken || !names->reserved || !names->at_top) return false;
  for (size_t b = 0; b < SHORTS; b++) names->reserved[b] = is_reserved(names, b);
  for (size_t i = 1; i < names->n; i++) order[i - 1] = &names->list[i];
  qsort(order, names->n - 1, sizeof *order, by_number);
  for (size_t i = 0; i + 1 < names->n && order[i]->n; i++) {
    size_t which = (size_t)(order[i] - names->list), brief = 0;
    while (brief < SHORTS && !is_free(names, brief, which)) brief++;
    if (brief == SHORTS) return hw_fail(err, HW_ERROR_UNSUPPORTED, "web/%s: more names than %d short ones", file, SHORTS);
    order[i]->brief = brief;
    if (order[i]->at_top) names->at_top[brief] = true;
    for (size_t w = 0; w < names->row; w++) names->taken[brief * names->row + w] |= names->stands[which * names->row + w];
  }
  return true;
}

/* Appends [begin, end) of the script; `next` is the first word behind begin, and then behind end. */
static void put(const name_table *names, const char *begin, const char *end, size_t *next, hw_buffer *out) {
  const char *at = begin;
  for (; names->script->words[*next].token.at < end && *next < names->script->n; ++*next) {
    const hw_script_word *word = &names->script->words[*next];
    if (!names->of_word[*next]) continue;
    char brief[3];
    spell(names->list[names->of_word[*next]].brief, brief);
    const char *stop = word->token.at + (word->role == HW_SCRIPT_SHORTHAND ? word->token.length : 0);
    hw_buffer_append(out, at, (size_t)(stop - at));
    if (word->role == HW_SCRIPT_SHORTHAND) hw_buffer_append_byte(out, ':');
    hw_buffer_append_string(out, brief);
    at = word->token.at + word->token.length;
  }
  hw_buffer_append(out, at, (size_t)(end - at));
}

bool hw_minify_names(const char *file, const char *text, const size_t *ends, size_t n, hw_buffer *out, hw_error *err) {
  hw_arena arena;
  hw_arena_init(&arena);
  hw_script script;
  name_table names = {.script = &script, .arena = &arena};
  bool ok = hw_script_read(file, text, ends[n - 1], &arena, &script, err) && collect(&names, err) && mark(&names, err) && choose(&names, file, err);
  for (size_t i = 0, next = 0; i < n && ok; i++) {
    put(&names, text + (i ? ends[i - 1] : 0), text + ends[i], &next, &out[i]);
    ok = hw_buffer_check(&out[i], err);
  }
  hw_arena_fini(&arena);
  return ok;
}
