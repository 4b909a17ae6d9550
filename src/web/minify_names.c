/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "base/hash_table.h"
#include "web/minify.h"
#include "web/script_names.h"

/* A name that is declared has one short name, whatever scopes it is declared in. Within a statement of the top level, where a name stands
 * is the least function, loop or block that has all of its words there. Two names share a short one when in each statement they stand in places
 * apart, or one place lies within the other and has no word of that other name; and not both are declared at the top level. So what is
 * declared in a place hides nothing that is meant there, and what the names mean stays as it is. */

static const char first_letters[] = "etnaisclopd$frubymxhgvSLFwD_kTAEUPOIKMVXZRqNjJYBGzCQHW", /* common ones first; found by trials, for gzip */
    second_letters[] = "frxUXknhCKiNDYueRlmM9tTd0PS$gbw_IZLqc8O7z5yJj1GH6pVFQB4s2oaAW3Ev";
enum { FIRSTS = sizeof first_letters - 1, SECONDS = sizeof second_letters - 1, SHORTS = FIRSTS * (1 + SECONDS), ROW_BITS = 64 };

typedef struct script_place { /* of a name in one statement */
  uint32_t statement;
  uint32_t begin, end;  /* words of the place */
  size_t first, n;      /* of the words of the name that are in it, in name_table.words */
} script_place;

typedef struct script_name {
  const char *at;
  size_t length;
  size_t first; /* word at which it stands first */
  size_t n;     /* words that are replaced */
  bool at_top;
  bool stays;   /* in some statement it is not declared: a name of the browser, or a keyword */
  size_t brief; /* its short name */
  script_place *places; /* [n_places] by statement */
  size_t n_places;
  uint32_t next; /* another name that has the same short one; 0: none */
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
  uint32_t *words;     /* numbers of the words that are replaced, by name */
  uint32_t *within;    /* [script->n + 1] word that opens the place around a word; 0: the statement */
  uint32_t *begins;    /* [script->n + 1] of a word that opens a place: where the place begins */
  uint32_t holders[SHORTS]; /* the last name that has the short one; 0: none */
  bool *reserved;      /* [SHORTS] no variable has it */
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
  if (!names->declared) return false;
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
  }
  return true;
}

/* Where the place of a "{" begins: behind "=>" or ")" with what stands between the ( ) before it, the parameters of a function or what a loop declares. */
static uint32_t begin_of_place(const hw_script *script, const uint32_t *opener, uint32_t open) {
  const hw_script_word *words = script->words;
  bool arrow = open && hw_script_is(&words[open - 1].token, "=>");
  uint32_t behind = open - arrow; /* what would be the parameters */
  if (behind && hw_script_is(&words[behind - 1].token, ")")) return opener[behind - 1];
  return arrow && behind ? behind - 1 : open;
}

/* Finds the place around each word. */
static bool find_places(name_table *names, hw_error *err) {
  const hw_script *script = names->script;
  uint32_t n = (uint32_t)script->n, *opener = hw_arena_znew(names->arena, uint32_t, script->n + 1, err);
  names->within = hw_arena_znew(names->arena, uint32_t, script->n + 1, err);
  names->begins = hw_arena_znew(names->arena, uint32_t, script->n + 1, err);
  if (!opener || !names->within || !names->begins) return false;
  for (uint32_t i = 0; i < n; i++)
    if (hw_script_opens(&script->words[i].token)) opener[script->words[i].match] = i;
  for (uint32_t i = 0; i < n; i++)
    if (script->words[i].brace == HW_SCRIPT_BLOCK) names->begins[i] = begin_of_place(script, opener, i);
  for (uint32_t i = 0; i < n; i++) { /* later, inner ones take the place of outer ones */
    if (script->words[i].brace != HW_SCRIPT_BLOCK || !i) continue;
    for (uint32_t k = names->begins[i]; k < script->words[i].match; k++) names->within[k] = i;
  }
  return true;
}

/* The least place that has all of the words [first, first + n) of a name. */
static void fit_place(const name_table *names, script_place *place, uint32_t statement_begin, uint32_t statement_end) {
  uint32_t low = names->words[place->first], high = names->words[place->first + place->n - 1], open = names->within[low];
  *place = (script_place){.statement = place->statement, .begin = statement_begin, .end = statement_end, .first = place->first, .n = place->n};
  while (open && high >= names->script->words[open].match) open = names->begins[open] ? names->within[names->begins[open] - 1] : 0;
  if (!open) return;
  place->begin = names->begins[open];
  place->end = names->script->words[open].match;
}

/* Lists the words and the places of each name. */
static bool list_places(name_table *names, hw_error *err) {
  const hw_script *script = names->script;
  size_t n_statements = script->n ? script->words[script->n - 1].statement + (size_t)1 : 0;
  size_t *filled = hw_arena_znew(names->arena, size_t, names->n + 1, err);
  uint32_t *starts = hw_arena_znew(names->arena, uint32_t, n_statements + 1, err);
  names->words = hw_arena_znew(names->arena, uint32_t, script->n + 1, err);
  if (!filled || !starts || !names->words || !find_places(names, err)) return false;
  for (size_t i = 1, at = 0; i < names->n; i++) {
    filled[i] = at;
    at += names->list[i].n;
    if (!(names->list[i].places = hw_arena_znew(names->arena, script_place, names->list[i].n < n_statements ? names->list[i].n : n_statements, err))) return false;
  }
  for (size_t i = script->n; i-- > 0;) starts[script->words[i].statement] = (uint32_t)i;
  starts[n_statements] = (uint32_t)script->n;
  for (size_t i = 0; i < script->n; i++) {
    script_name *name = &names->list[names->of_word[i]];
    if (!names->of_word[i]) continue;
    uint32_t statement = script->words[i].statement;
    if (!name->n_places || name->places[name->n_places - 1].statement != statement)
      name->places[name->n_places++] = (script_place){.statement = statement, .first = filled[names->of_word[i]]};
    name->places[name->n_places - 1].n++;
    names->words[filled[names->of_word[i]]++] = (uint32_t)i;
  }
  for (size_t i = 1; i < names->n; i++)
    for (size_t p = 0; p < names->list[i].n_places; p++) {
      script_place *place = &names->list[i].places[p];
      if (names->list[i].at_top) place->begin = starts[place->statement], place->end = starts[place->statement + 1];
      else fit_place(names, place, starts[place->statement], starts[place->statement + 1]);
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

/* Has the name a word in the place of another one? */
static bool is_within(const name_table *names, const script_place *words, const script_place *place) {
  for (size_t i = words->first; i < words->first + words->n; i++)
    if (names->words[i] >= place->begin && names->words[i] < place->end) return true;
  return false;
}

/* May the two not share a short name, for what they are in one statement? */
static bool clash(const name_table *names, const script_place *x, const script_place *y) {
  if (x->end <= y->begin || y->end <= x->begin) return false;
  if (x->begin == y->begin && x->end == y->end) return true;
  return x->end - x->begin > y->end - y->begin ? is_within(names, x, y) : is_within(names, y, x);
}

static bool may_share(const name_table *names, const script_name *x, const script_name *y) {
  if (x->at_top && y->at_top) return false;
  for (size_t i = 0, k = 0; i < x->n_places && k < y->n_places;) {
    const script_place *a = &x->places[i], *b = &y->places[k];
    if (a->statement == b->statement && clash(names, a, b)) return false;
    i += a->statement <= b->statement;
    k += b->statement <= a->statement;
  }
  return true;
}

static bool is_free(const name_table *names, size_t brief, size_t which) {
  if (names->reserved[brief]) return false;
  for (uint32_t other = names->holders[brief]; other; other = names->list[other].next)
    if (!may_share(names, &names->list[which], &names->list[other])) return false;
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
  names->reserved = hw_arena_znew(names->arena, bool, SHORTS, err);
  if (!order || !names->reserved) return false;
  for (size_t b = 0; b < SHORTS; b++) names->reserved[b] = is_reserved(names, b);
  for (size_t i = 1; i < names->n; i++) order[i - 1] = &names->list[i];
  qsort(order, names->n - 1, sizeof *order, by_number);
  for (size_t i = 0; i + 1 < names->n && order[i]->n; i++) {
    size_t which = (size_t)(order[i] - names->list), brief = 0;
    while (brief < SHORTS && !is_free(names, brief, which)) brief++;
    if (brief == SHORTS) return hw_fail(err, HW_ERROR_UNSUPPORTED, "web/%s: more names than %d short ones", file, SHORTS);
    order[i]->brief = brief;
    order[i]->next = names->holders[brief];
    names->holders[brief] = (uint32_t)which;
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
  bool ok = hw_script_read(file, text, ends[n - 1], &arena, &script, err) && collect(&names, err) && mark(&names, err) && list_places(&names, err) && choose(&names, file, err);
  for (size_t i = 0, next = 0; i < n && ok; i++) {
    put(&names, text + (i ? ends[i - 1] : 0), text + ends[i], &next, &out[i]);
    ok = hw_buffer_check(&out[i], err);
  }
  hw_arena_fini(&arena);
  return ok;
}
