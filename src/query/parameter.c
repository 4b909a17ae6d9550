/* SPDX-License-Identifier: Apache-2.0 */
#include "query/parameter.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/list.h"
#include "base/text.h"
#include "headwater/arena.h"
#include "query/needed.h"
#include "sqlite/sql.h"
#include "sqlite/statement.h"

typedef enum parameter_form { FORM_INTEGER, FORM_REAL, FORM_LIST, FORM_TEXT } parameter_form;

typedef struct parameter_type {
  const char *name;
  parameter_form form;
  const char *wants;
  const char *lookup; /* below sql/: finds the value in the database; NULL: any value will do */
  const char *within; /* the parameter that the lookup needs as well: the target of which prompt */
  char letter;        /* of names like L0H6; 0: there are none */
} parameter_type;

static const parameter_type types[] = {
    {"count", FORM_INTEGER, "a whole number, like 20", NULL, NULL, 0},
    {"number", FORM_REAL, "a number, like 0.05", NULL, NULL, 0},
    {"numbers", FORM_LIST, "numbers with commas between them, like 0.02,0.05", NULL, NULL, 0},
    {"text", FORM_TEXT, "a text", NULL, NULL, 0},
    {"layer", FORM_INTEGER, "a layer, by number or name, like 6 or L6", "parameters/layer.sql", NULL, 0},
    {"head", FORM_INTEGER, "a head, by its name or by its number in --layer, like L0H6 or 6", "parameters/head.sql", NULL, 'H'},
    {"neuron", FORM_INTEGER, "a neuron, by its name or by its number in --layer, like L3N190 or 190", "parameters/neuron.sql", NULL, 'N'},
    {"group", FORM_TEXT, "a group, by its whole name or its number (headwater query DB groups), like group=ABBA or 0", "parameters/group.sql", NULL, 0},
    {"role", FORM_TEXT, "a role, by its whole name, like S1", "parameters/role.sql", NULL, 0},
    {"token", FORM_TEXT, "the text of a token, with or without the space before it, like Mary", "parameters/token.sql", NULL, 0},
    {"prompt", FORM_INTEGER, "a prompt, by its prompt_id, like 17", "parameters/prompt.sql", NULL, 0},
    {"target", FORM_INTEGER, "a target position of the prompt, like 14", "parameters/target.sql", "prompt", 0},
    {"mining", FORM_INTEGER, "a mining, by its number (headwater mine DB), like 1", "parameters/mining.sql", NULL, 0},
    {"mode", FORM_TEXT, "answer or contrast, as the run has computed (run --relevance)", "parameters/mode.sql", NULL, 0},
    {"circuit", FORM_INTEGER, "a circuit of the mining, by its rank, like 1", "parameters/circuit.sql", "mining", 0},
    {"comparison", FORM_INTEGER, "a comparison, by its comparison_id, like 1", "parameters/comparison.sql", NULL, 0},
    {"column", FORM_TEXT, "a column of the data set, by its whole name, like template", "parameters/column.sql", NULL, 0},
    {"certificate", FORM_INTEGER, "certificates, by their certificate_id, like 1", "parameters/certificate.sql", NULL, 0},
};

typedef struct given_value {
  const char *name, *text; /* text NULL: NULL */
  const char *shown;       /* as it was written */
} given_value;

typedef struct binding {
  hw_store *store;
  sqlite3_stmt *statement;
  const char *sql;
  given_value *given;
  size_t n_given;
  hw_arena arena;
} binding;

/* One parameter at its place. */
typedef struct parameter {
  int index;
  const char *name;
  given_value value;
  hw_comment_line line;
  bool by_default;
} parameter;

static const parameter_type *find_type(hw_comment_text name) {
  for (size_t i = 0; i < sizeof types / sizeof *types; i++)
    if (hw_comment_is(name, types[i].name)) return &types[i];
  return NULL;
}

static bool is_choice(hw_comment_text type) { return type.at && memchr(type.at, '|', type.length); }

const char *hw_query_type_help(hw_comment_text name) {
  const parameter_type *type = find_type(name);
  return type && type->lookup ? type->wants : NULL;
}

static const given_value *find_given(const binding *b, const char *name) {
  for (size_t i = 0; i < b->n_given; i++)
    if (!strcmp(b->given[i].name, name)) return &b->given[i];
  return NULL;
}

/* ---- errors ---- */

static bool fail_form(const parameter *p, const char *wants, hw_error *err) {
  hw_error_kind kind = p->by_default ? HW_ERROR_INPUT : HW_ERROR_ARGUMENT;
  if (!p->value.text) return hw_fail(err, kind, "--%s cannot be NULL: wants %s", p->name, wants);
  return hw_fail(err, kind, "--%s \"%.100s\": wants %s", p->name, p->value.shown, wants);
}

/* The nearest of the names, or the first ones. */
static bool fail_missing(const binding *b, const parameter *p, const parameter_type *type, const char *const *names, size_t n, hw_error *err) {
  enum { SHOWN = 8 };
  hw_buffer what;
  hw_buffer_init(&what);
  if (type->form == FORM_TEXT) hw_buffer_append_string(&what, hw_suggest(p->value.text, "", names, n).text);
  bool listed = what.length == 0;
  if (!n) hw_buffer_append_string(&what, "; it has none");
  for (size_t i = 0; i < n && i < SHOWN && listed; i++) hw_buffer_printf(&what, "%s%s", i ? ", " : "; it has ", names[i]);
  if (listed && n > SHOWN) hw_buffer_printf(&what, " and %zu more", n - SHOWN);
  hw_fail(err, HW_ERROR_INPUT, "--%s \"%.100s\"%s: no such %s in %s%s", p->name, p->value.shown, p->by_default ? " (the default)" : "", type->name,
          b->store->path, what.data ? what.data : "");
  hw_buffer_fini(&what);
  return false;
}

static bool fail_unknown(const binding *b, const char *name, hw_error *err) {
  int count = sqlite3_bind_parameter_count(b->statement);
  hw_buffer names;
  hw_buffer_init(&names);
  for (int index = 1; index <= count; index++)
    hw_buffer_printf(&names, "%s--%s", index > 1 ? ", " : " ", sqlite3_bind_parameter_name(b->statement, index) + 1);
  hw_fail(err, HW_ERROR_ARGUMENT, "there is no parameter --%s; there %s%s", name, count ? "is" : "are none", names.data ? names.data : "");
  hw_buffer_fini(&names);
  return false;
}

/* ---- values ---- */

static bool parse_whole(const parameter_type *type, const char *text, int64_t *value) {
  if (!strcmp(type->name, "layer") && text[0] == 'L') text++;
  return isdigit((unsigned char)text[0]) && hw_parse_int(text, 0, INT64_MAX, value);
}

/* As JSON writes numbers, since queries read a list as a JSON array: not .5, 5., +5, 05, 0x5. */
static bool is_json_number(const char *text) {
  text += *text == '-';
  size_t whole = strspn(text, "0123456789");
  if (!whole || (whole > 1 && *text == '0')) return false;
  if (text[whole] == '.') return isdigit((unsigned char)text[whole + 1]);
  return !text[whole] || text[whole] == 'e' || text[whole] == 'E';
}

static bool is_list(const char *text) {
  for (;;) {
    char one[64];
    double value;
    text += strspn(text, " ");
    size_t n = strcspn(text, ","), length = n;
    while (length && text[length - 1] == ' ') length--;
    (void)snprintf(one, sizeof one, "%.*s", (int)(length < sizeof one ? length : sizeof one), text);
    if (length >= sizeof one || !is_json_number(one) || !hw_parse_double(one, &value)) return false;
    if (!text[n]) return true;
    text += n + 1;
  }
}

/* For a parameter without a type. A text that is a number is bound as one. "007" and "1e5x" are texts. */
static int bind_untyped(sqlite3_stmt *s, int index, const char *text) {
  int64_t integer;
  double real;
  char again[32];
  if (hw_parse_int(text, INT64_MIN, INT64_MAX, &integer)) {
    (void)snprintf(again, sizeof again, "%" PRId64, integer);
    if (!strcmp(again, text)) return sqlite3_bind_int64(s, index, integer);
  } else if ((isdigit((unsigned char)text[0]) || text[0] == '-' || text[0] == '.') && !strchr(text, 'x') &&
             hw_parse_double(text, &real)) {
    return sqlite3_bind_double(s, index, real);
  }
  return sqlite3_bind_text(s, index, text, -1, SQLITE_TRANSIENT);
}

static bool check_bound(const binding *b, int rc, hw_error *err) { return rc == SQLITE_OK || hw_store_fail(b->store, "bind a parameter", err); }

static bool bind_choice(binding *b, const parameter *p, hw_error *err) {
  const char *text = p->value.text, *at = p->line.type.at, *end = at + p->line.type.length;
  hw_buffer names;
  hw_buffer_init(&names);
  bool found = false;
  for (const char *next; at < end && !found && text; at = next + 1) {
    if (!(next = memchr(at, '|', (size_t)(end - at)))) next = end;
    hw_buffer_printf(&names, "%s%.*s", names.length ? ", " : "one of ", (int)(next - at), at);
    found = hw_comment_is((hw_comment_text){at, (size_t)(next - at)}, text);
  }
  bool ok = found ? check_bound(b, sqlite3_bind_text(b->statement, p->index, text, -1, SQLITE_TRANSIENT), err)
                  : fail_form(p, names.data ? names.data : "a choice", err);
  hw_buffer_fini(&names);
  return ok;
}

/* The value of the parameter that a lookup needs as well; NULL where it is no number. */
static void bind_within(binding *b, hw_statement *s, const parameter_type *type) {
  char name[16];
  int64_t value;
  const given_value *given = find_given(b, type->within);
  (void)snprintf(name, sizeof name, ":%s", type->within);
  if (given && given->text && hw_parse_int(given->text, 0, INT64_MAX, &value)) hw_bind_integer(s, name, value);
  else hw_bind_null(s, name);
}

static bool list_names(binding *b, hw_statement *s, const parameter *p, const parameter_type *type, hw_error *err) {
  const char **names = NULL;
  size_t n = 0, capacity = 0;
  bool row = true;
  hw_statement_reset(s);
  hw_bind_null(s, ":given");
  if (type->within) bind_within(b, s, type);
  while (hw_statement_step(s, &row, err) && row) {
    size_t length;
    if (!hw_list_reserve(names, n, 1, capacity, &b->arena, err) || !hw_column_copy(s, 1, &b->arena, &names[n], &length, err)) return false;
    n += names[n] != NULL && names[n][0] != '\0'; /* prompts without groups are one group without a name */
  }
  return !row && fail_missing(b, p, type, names, n, err);
}

static bool is_named(const hw_statement *s, const char *name) {
  const unsigned char *text = sqlite3_column_text(s->sqlite, 1);
  return text && strcmp((const char *)text, name) == 0;
}

/* Of two groups with the name that is given it is not known which one is meant: "g=a,h=b" is of a column g with the value "a,h=b" as well. */
static bool check_single(const binding *b, hw_statement *s, const parameter *p, const parameter_type *type, hw_error *err) {
  bool row = is_named(s, p->value.text);
  int64_t first = hw_column_integer(s, 0);
  if (!row || !hw_statement_step(s, &row, err)) return !row;
  if (!row || !is_named(s, p->value.text) || hw_column_integer(s, 0) == first) return true;
  return hw_fail(err, HW_ERROR_INPUT, "--%s \"%.100s\": %ss %" PRId64 " and %" PRId64 " of %s have this name; give the number of one", p->name, p->value.shown,
                 type->name, first, hw_column_integer(s, 0), b->store->path);
}

/* Finds the value in the database and binds what stands for it there. */
static bool bind_found(binding *b, const parameter *p, const parameter_type *type, int64_t integer, hw_error *err) {
  hw_statement s;
  bool row = false, ok = hw_statement_open(&s, b->store, type->lookup, err);
  if (ok && type->form == FORM_INTEGER) hw_bind_integer(&s, ":given", integer);
  else if (ok) hw_bind_string(&s, ":given", p->value.text);
  if (ok && type->within) bind_within(b, &s, type);
  ok = ok && hw_statement_step(&s, &row, err);
  if (ok && row) ok = check_bound(b, sqlite3_bind_value(b->statement, p->index, sqlite3_column_value(s.sqlite, 0)), err);
  else if (ok) ok = list_names(b, &s, p, type, err);
  ok = ok && (!row || type->form != FORM_TEXT || check_single(b, &s, p, type, err));
  hw_statement_close(&s);
  return ok;
}

static bool bind_typed(binding *b, const parameter *p, hw_error *err) {
  int64_t integer = 0;
  double real = 0;
  if (!p->value.text && p->line.value.at && hw_comment_is(p->line.value, "NULL")) return true;
  if (is_choice(p->line.type)) return bind_choice(b, p, err);
  const parameter_type *type = find_type(p->line.type);
  if (!type) return hw_fail(err, HW_ERROR_INPUT, "the comment of the query: :%s has the unknown type <%.*s>", p->name, (int)p->line.type.length, p->line.type.at);
  const char *text = p->value.text;
  bool good = text && (type->form == FORM_TEXT || (type->form == FORM_LIST && is_list(text)) ||
                       (type->form == FORM_INTEGER && parse_whole(type, text, &integer)) || (type->form == FORM_REAL && hw_parse_double(text, &real)));
  if (!good) return fail_form(p, type->wants, err);
  if (type->lookup) return bind_found(b, p, type, integer, err);
  int rc = type->form == FORM_INTEGER ? sqlite3_bind_int64(b->statement, p->index, integer)
           : type->form == FORM_REAL  ? sqlite3_bind_double(b->statement, p->index, real)
                                      : sqlite3_bind_text(b->statement, p->index, text, -1, SQLITE_TRANSIENT);
  return check_bound(b, rc, err);
}

static bool bind_one(binding *b, int index, const char *name, hw_error *err) {
  parameter p = {.index = index, .name = name};
  bool declared = hw_query_comment_parameter(b->sql, name, &p.line);
  const given_value *given = find_given(b, name);
  if (given) {
    p.value = *given;
  } else {
    const parameter_type *type = find_type(p.line.type);
    if (!declared || !p.line.value.at)
      return hw_fail(err, HW_ERROR_ARGUMENT, "no value for the parameter --%s%s%s", name, type ? ": wants " : "", type ? type->wants : "");
    char *text = hw_arena_copy(&b->arena, p.line.value.at, p.line.value.length, err);
    if (!text) return false;
    p.by_default = true;
    p.value = (given_value){name, !p.line.quoted && !sqlite3_stricmp(text, "NULL") ? NULL : text, text};
  }
  if (p.line.type.at) return bind_typed(b, &p, err);
  return !p.value.text || check_bound(b, bind_untyped(b->statement, index, p.value.text), err);
}

/* ---- what is given ---- */

/* A name like L0H6 gives two parameters: the layer, and the number within it. */
static bool split_name(binding *b, given_value *value, hw_error *err) {
  hw_comment_line line;
  const parameter_type *type = hw_query_comment_parameter(b->sql, value->name, &line) ? find_type(line.type) : NULL;
  if (!type || !type->letter || !value->text || value->text[0] != 'L') return true;
  const char *letter = strchr(value->text, type->letter);
  if (!letter) return true;
  const char *layer = hw_arena_copy(&b->arena, value->text + 1, (size_t)(letter - value->text - 1), err);
  if (!layer) return false;
  const given_value *other = find_given(b, "layer");
  int64_t number, other_number;
  if (!isdigit((unsigned char)layer[0]) || !hw_parse_int(layer, 0, INT64_MAX, &number)) return true; /* no name: refused as it stands */
  if (other && other->text && hw_parse_int(other->text + (other->text[0] == 'L'), 0, INT64_MAX, &other_number) && other_number != number)
    return hw_fail(err, HW_ERROR_ARGUMENT, "--%s %.100s and --layer %.100s are two layers", value->name, value->text, other->text);
  if (!other) b->given[b->n_given++] = (given_value){"layer", layer, value->text};
  value->text = letter + 1;
  return true;
}

static bool read_given(binding *b, const hw_parameter *parameters, size_t n, hw_error *err) {
  if (!(b->given = hw_arena_new(&b->arena, given_value, 2 * n + 1, err))) return false;
  for (size_t i = 0; i < n; i++) {
    if (find_given(b, parameters[i].name)) return hw_fail(err, HW_ERROR_ARGUMENT, "parameter --%s is given twice", parameters[i].name);
    b->given[b->n_given++] = (given_value){parameters[i].name, parameters[i].value, parameters[i].value};
  }
  for (size_t i = 0; i < n; i++)
    if (!split_name(b, &b->given[i], err)) return false;
  return true;
}

static bool bind_all(binding *b, hw_error *err) {
  int count = sqlite3_bind_parameter_count(b->statement);
  for (int index = 1; index <= count; index++) {
    const char *name = sqlite3_bind_parameter_name(b->statement, index);
    if (!name || name[0] == '?') return hw_fail(err, HW_ERROR_INPUT, "SQL: parameter %d has no name; write :name", index);
  }
  for (size_t i = 0; i < b->n_given; i++) {
    bool known = false;
    for (int index = 1; index <= count && !known; index++) known = !strcmp(sqlite3_bind_parameter_name(b->statement, index) + 1, b->given[i].name);
    if (!known) return fail_unknown(b, b->given[i].name, err);
  }
  for (int pass = 0; pass < 3; pass++) /* a layer is complained about before what lies in it, and what is given before what is not */
    for (int index = 1; index <= count; index++) {
      const char *name = sqlite3_bind_parameter_name(b->statement, index) + 1;
      int turn = !find_given(b, name) ? 2 : strcmp(name, "layer") ? 1 : 0;
      if (turn == pass && !bind_one(b, index, name, err)) return false;
    }
  return true;
}

/* Tables that are needed only without a parameter. */
static bool check_needed(const binding *b, hw_error *err) {
  hw_comment_line line;
  for (const char *sql = b->sql; hw_query_comment(&sql, &line);) {
    bool given = false;
    char reader[80];
    if (!line.without.at) continue;
    for (size_t i = 0; i < b->n_given && !given; i++) given = b->given[i].text && hw_comment_is(line.without, b->given[i].name);
    (void)snprintf(reader, sizeof reader, "the query without --%.*s", (int)(line.without.length < 50 ? line.without.length : 50), line.without.at);
    if (!given && !hw_query_check_needed(b->store, &line, reader, err)) return false;
  }
  return true;
}

bool hw_query_bind(hw_store *store, sqlite3_stmt *statement, const char *sql, const hw_parameter *parameters, size_t n, hw_error *err) {
  binding b = {.store = store, .statement = statement, .sql = sql};
  hw_arena_init(&b.arena);
  bool ok = read_given(&b, parameters, n, err) && bind_all(&b, err) && check_needed(&b, err);
  hw_arena_fini(&b.arena);
  return ok;
}
