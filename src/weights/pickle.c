/* SPDX-License-Identifier: Apache-2.0 */
#include "weights/pickle.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/list.h"

typedef hw_pickle_value value;

typedef struct reader {
  const char *where;
  const unsigned char *bytes;
  size_t size, at;
  const hw_pickle_caller *caller;
  hw_arena *arena;
  value **stack;
  size_t depth, stack_capacity;
  value **memo; /* NULL: nothing is kept under this number */
  size_t n_memo, memo_capacity;
  hw_error *err;
} reader;

static const char *const types[] = {"a mark", "None", "a bool", "an int", "a float", "a text", "a tuple", "a list", "a dict", "a class or function", "a tensor"};
const char *hw_pickle_type(const value *v) { return types[v->kind]; }

value *hw_pickle_new(hw_pickle_kind kind, hw_arena *arena, hw_error *err) {
  value *v = hw_arena_znew(arena, value, 1, err);
  if (v) v->kind = kind;
  return v;
}

value *hw_pickle_get(const value *dict, const char *key) {
  if (dict->kind != HW_PICKLE_DICT) return NULL;
  for (size_t i = 0; i + 1 < dict->n; i += 2)
    if (dict->items[i]->kind == HW_PICKLE_TEXT && strcmp(dict->items[i]->text, key) == 0) return dict->items[i + 1];
  return NULL;
}

/* ---- Bytes ---- */

/* NULL: fewer are left. */
static const unsigned char *take(reader *r, uint64_t n) {
  const unsigned char *bytes = r->bytes + r->at;
  if (n <= r->size - r->at) return r->at += (size_t)n, bytes;
  hw_fail(r->err, HW_ERROR_INPUT, "%s: cut short at byte %zu: %" PRIu64 " more bytes are wanted, %zu are there", r->where, r->at, n, r->size - r->at);
  return NULL;
}

static bool take_number(reader *r, int n, uint64_t *number) {
  const unsigned char *bytes = take(r, (uint64_t)n);
  *number = 0;
  if (!bytes) return false;
  for (int i = n - 1; i >= 0; i--) *number = *number << 8 | bytes[i];
  return true;
}

/* The bytes up to a line's end, which is left out. */
static char *take_line(reader *r) {
  const unsigned char *begin = r->bytes + r->at, *end = memchr(begin, '\n', r->size - r->at);
  if (!end) return hw_fail(r->err, HW_ERROR_INPUT, "%s: cut short at byte %zu: the end of a line is wanted", r->where, r->at), NULL;
  r->at += (size_t)(end - begin) + 1;
  return hw_arena_copy(r->arena, (const char *)begin, (size_t)(end - begin), r->err);
}

/* ---- The stack and the memo ---- */

static bool push(reader *r, value *v) {
  if (!v || !hw_list_reserve(r->stack, r->depth, 1, r->stack_capacity, NULL, r->err)) return false;
  r->stack[r->depth++] = v;
  return true;
}

static bool push_new(reader *r, hw_pickle_kind kind, int64_t integer) {
  value *v = hw_pickle_new(kind, r->arena, r->err);
  if (v) v->integer = integer;
  return push(r, v);
}

static bool has(const reader *r, size_t n) {
  bool ok = r->depth >= n;
  for (size_t i = 0; i < n && ok; i++) ok = r->stack[r->depth - 1 - i]->kind != HW_PICKLE_MARK;
  return ok || hw_fail(r->err, HW_ERROR_INPUT, "%s: byte %zu wants %zu values that are not there", r->where, r->at - 1, n);
}

static bool find_mark(const reader *r, size_t *mark) {
  for (*mark = r->depth; *mark > 0; --*mark)
    if (r->stack[*mark - 1]->kind == HW_PICKLE_MARK) return --*mark, true;
  return hw_fail(r->err, HW_ERROR_INPUT, "%s: byte %zu wants a mark, and there is none", r->where, r->at - 1);
}

static bool add_items(reader *r, value *to, value **items, size_t n) {
  if (n == 0) return true;
  size_t capacity = to->capacity;
  if (n > capacity - to->n) { /* small ones exactly: there are many, and most are never added to */
    capacity = to->n ? 2 * (to->n + n) : n;
    value **grown = hw_arena_new(r->arena, value *, capacity, r->err);
    if (!grown) return false;
    if (to->n) memcpy(grown, to->items, to->n * sizeof *grown);
    to->items = grown;
    to->capacity = capacity;
  }
  memcpy(to->items + to->n, items, n * sizeof *items);
  to->n += n;
  return true;
}

/* The values above `from` become one container. */
static bool collect(reader *r, hw_pickle_kind kind, size_t from, size_t keep) {
  value *v = hw_pickle_new(kind, r->arena, r->err);
  size_t n = r->depth - from - (keep ? 0 : 1);
  if (!v || !add_items(r, v, r->stack + r->depth - n, n)) return false;
  if (kind == HW_PICKLE_DICT && n % 2) return hw_fail(r->err, HW_ERROR_INPUT, "%s: byte %zu: a key without a value", r->where, r->at - 1);
  r->depth = from;
  return push(r, v);
}

static bool collect_from_mark(reader *r, hw_pickle_kind kind) {
  size_t mark;
  return find_mark(r, &mark) && collect(r, kind, mark, 0);
}

/* Adds the values above `from` to the container below (and below the mark). */
static bool extend(reader *r, hw_pickle_kind kind, size_t from, size_t marks) {
  size_t n = r->depth - from;
  value *to = from > marks ? r->stack[from - marks - 1] : NULL;
  if (!to || to->kind != kind || (kind == HW_PICKLE_DICT && n % 2))
    return hw_fail(r->err, HW_ERROR_INPUT, "%s: byte %zu adds %zu values to %s, want %s", r->where, r->at - 1, n, to ? types[to->kind] : "nothing", types[kind]);
  if (!add_items(r, to, r->stack + from, n)) return false;
  r->depth = from - marks;
  return true;
}

static bool extend_from_mark(reader *r, hw_pickle_kind kind) {
  size_t mark;
  return find_mark(r, &mark) && extend(r, kind, mark + 1, 1);
}

/* Numbers count up from 0 in every pickle that Python writes, so none is above the number of bytes before it. */
static bool put_memo(reader *r, uint64_t number) {
  if (!has(r, 1)) return false;
  if (number >= r->at) return hw_fail(r->err, HW_ERROR_INPUT, "%s: byte %zu: memo %" PRIu64 ", want a number below that of the bytes so far", r->where, r->at - 1, number);
  size_t more = number < r->n_memo ? 0 : (size_t)number + 1 - r->n_memo;
  if (!hw_list_reserve(r->memo, r->n_memo, more, r->memo_capacity, NULL, r->err)) return false;
  for (; more; more--) r->memo[r->n_memo++] = NULL;
  r->memo[number] = r->stack[r->depth - 1];
  return true;
}

static bool get_memo(reader *r, uint64_t number) {
  if (number >= r->n_memo || !r->memo[number])
    return hw_fail(r->err, HW_ERROR_INPUT, "%s: byte %zu: nothing was kept as memo %" PRIu64, r->where, r->at - 1, number);
  return push(r, r->memo[number]);
}

/* ---- Values ---- */

static bool push_text(reader *r, int length_bytes) {
  uint64_t length;
  const unsigned char *bytes = take_number(r, length_bytes, &length) ? take(r, length) : NULL;
  if (!bytes) return false;
  value *v = hw_pickle_new(HW_PICKLE_TEXT, r->arena, r->err);
  if (!v || !(v->text = hw_arena_copy(r->arena, (const char *)bytes, (size_t)length, r->err))) return false;
  v->n = (size_t)length;
  return push(r, v);
}

/* Two's complement, little-endian. */
static bool push_integer(reader *r, uint64_t length) {
  const unsigned char *bytes = take(r, length);
  if (!bytes) return false;
  if (length > 8) return hw_fail(r->err, HW_ERROR_UNSUPPORTED, "%s: byte %zu: an integer of %" PRIu64 " bytes, want at most 8", r->where, r->at, length);
  uint64_t number = length && bytes[length - 1] & 0x80 ? UINT64_MAX : 0;
  for (size_t i = (size_t)length; i > 0; i--) number = number << 8 | bytes[i - 1];
  return push_new(r, HW_PICKLE_INT, (int64_t)number);
}

static bool push_global(reader *r, const char *module, const char *name) {
  value *v = hw_pickle_new(HW_PICKLE_GLOBAL, r->arena, r->err);
  if (!v) return false;
  size_t first = strlen(module), second = strlen(name);
  if (!(v->text = hw_arena_alloc(r->arena, first + second + 2, 1, r->err))) return false;
  memcpy(v->text, module, first);
  v->text[first] = '.';
  memcpy(v->text + first + 1, name, second + 1);
  if (!r->caller->knows(v->text))
    return hw_fail(r->err, HW_ERROR_UNSUPPORTED, "%s: asks for %.200s, which is not run: only tensors and plain containers are read", r->where, v->text);
  return push(r, v);
}

static bool read_global(reader *r) {
  const char *module = take_line(r), *name = module ? take_line(r) : NULL;
  return name && push_global(r, module, name);
}

static bool stack_global(reader *r) {
  if (!has(r, 2)) return false;
  const value *module = r->stack[r->depth - 2], *name = r->stack[r->depth - 1];
  if (module->kind != HW_PICKLE_TEXT || name->kind != HW_PICKLE_TEXT)
    return hw_fail(r->err, HW_ERROR_INPUT, "%s: byte %zu: the name of a global is %s", r->where, r->at - 1, types[name->kind]);
  r->depth -= 2;
  return push_global(r, module->text, name->text);
}

static bool reduce(reader *r) {
  if (!has(r, 2)) return false;
  value *arguments = r->stack[r->depth - 1], *function = r->stack[r->depth - 2];
  if (function->kind != HW_PICKLE_GLOBAL || arguments->kind != HW_PICKLE_TUPLE)
    return hw_fail(r->err, HW_ERROR_INPUT, "%s: byte %zu calls %s with %s", r->where, r->at - 1, types[function->kind], types[arguments->kind]);
  r->depth -= 2;
  return push(r, r->caller->call(r->caller->context, function->text, arguments, r->err));
}

static bool load_outside(reader *r) {
  if (!has(r, 1)) return false;
  value *id = r->stack[--r->depth];
  return push(r, r->caller->load(r->caller->context, id, r->err));
}

/* Attributes of a dict, as the _metadata of a state dict: they hold no tensors. */
static bool build(reader *r) {
  if (!has(r, 2)) return false;
  const value *state = r->stack[r->depth - 1], *object = r->stack[r->depth - 2];
  if (object->kind != HW_PICKLE_DICT || state->kind != HW_PICKLE_DICT)
    return hw_fail(r->err, HW_ERROR_UNSUPPORTED, "%s: byte %zu sets the state of %s, want an OrderedDict", r->where, r->at - 1, types[object->kind]);
  r->depth--;
  return true;
}

/* ---- Opcodes ---- */

static bool op_mark(reader *r) { return push_new(r, HW_PICKLE_MARK, 0); }
static bool op_none(reader *r) { return push_new(r, HW_PICKLE_NONE, 0); }
static bool op_true(reader *r) { return push_new(r, HW_PICKLE_BOOL, 1); }
static bool op_false(reader *r) { return push_new(r, HW_PICKLE_BOOL, 0); }
static bool op_empty_tuple(reader *r) { return push_new(r, HW_PICKLE_TUPLE, 0); }
static bool op_empty_list(reader *r) { return push_new(r, HW_PICKLE_LIST, 0); }
static bool op_empty_dict(reader *r) { return push_new(r, HW_PICKLE_DICT, 0); }
static bool op_tuple(reader *r) { return collect_from_mark(r, HW_PICKLE_TUPLE); }
static bool op_list(reader *r) { return collect_from_mark(r, HW_PICKLE_LIST); }
static bool op_dict(reader *r) { return collect_from_mark(r, HW_PICKLE_DICT); }
static bool op_tuple1(reader *r) { return has(r, 1) && collect(r, HW_PICKLE_TUPLE, r->depth - 1, 1); }
static bool op_tuple2(reader *r) { return has(r, 2) && collect(r, HW_PICKLE_TUPLE, r->depth - 2, 1); }
static bool op_tuple3(reader *r) { return has(r, 3) && collect(r, HW_PICKLE_TUPLE, r->depth - 3, 1); }
static bool op_append(reader *r) { return has(r, 1) && extend(r, HW_PICKLE_LIST, r->depth - 1, 0); }
static bool op_appends(reader *r) { return extend_from_mark(r, HW_PICKLE_LIST); }
static bool op_setitem(reader *r) { return has(r, 2) && extend(r, HW_PICKLE_DICT, r->depth - 2, 0); }
static bool op_setitems(reader *r) { return extend_from_mark(r, HW_PICKLE_DICT); }
static bool op_int4(reader *r) { return push_integer(r, 4); }
static bool op_int1(reader *r) {
  uint64_t number;
  return take_number(r, 1, &number) && push_new(r, HW_PICKLE_INT, (int64_t)number);
}
static bool op_int2(reader *r) {
  uint64_t number;
  return take_number(r, 2, &number) && push_new(r, HW_PICKLE_INT, (int64_t)number);
}
static bool op_long1(reader *r) {
  uint64_t length;
  return take_number(r, 1, &length) && push_integer(r, length);
}
static bool op_long4(reader *r) {
  uint64_t length;
  return take_number(r, 4, &length) && push_integer(r, length);
}
static bool op_float(reader *r) {
  return take(r, 8) && push_new(r, HW_PICKLE_FLOAT, 0);
}
static bool op_text1(reader *r) { return push_text(r, 1); }
static bool op_text4(reader *r) { return push_text(r, 4); }
static bool op_text8(reader *r) { return push_text(r, 8); }
static bool op_put1(reader *r) {
  uint64_t number;
  return take_number(r, 1, &number) && put_memo(r, number);
}
static bool op_put4(reader *r) {
  uint64_t number;
  return take_number(r, 4, &number) && put_memo(r, number);
}
static bool op_memoize(reader *r) { return put_memo(r, r->n_memo); }
static bool op_get1(reader *r) {
  uint64_t number;
  return take_number(r, 1, &number) && get_memo(r, number);
}
static bool op_get4(reader *r) {
  uint64_t number;
  return take_number(r, 4, &number) && get_memo(r, number);
}
static bool op_frame(reader *r) {
  return take(r, 8) != NULL;
}
static bool op_proto(reader *r) {
  uint64_t version;
  return take_number(r, 1, &version) &&
         (version <= 5 || hw_fail(r->err, HW_ERROR_UNSUPPORTED, "%s: pickle protocol %" PRIu64 ", want at most 5", r->where, version));
}

/* NULL: not read. The names are of pickletools. */
static const struct opcode { unsigned char code; const char *name; bool (*run)(reader *r); } opcodes[] = {
    {'(', "MARK", op_mark}, {'N', "NONE", op_none}, {0x88, "NEWTRUE", op_true}, {0x89, "NEWFALSE", op_false},
    {')', "EMPTY_TUPLE", op_empty_tuple}, {'t', "TUPLE", op_tuple}, {0x85, "TUPLE1", op_tuple1}, {0x86, "TUPLE2", op_tuple2}, {0x87, "TUPLE3", op_tuple3},
    {']', "EMPTY_LIST", op_empty_list}, {'l', "LIST", op_list}, {'a', "APPEND", op_append}, {'e', "APPENDS", op_appends},
    {'}', "EMPTY_DICT", op_empty_dict}, {'d', "DICT", op_dict}, {'s', "SETITEM", op_setitem}, {'u', "SETITEMS", op_setitems},
    {'J', "BININT", op_int4}, {'K', "BININT1", op_int1}, {'M', "BININT2", op_int2}, {0x8a, "LONG1", op_long1}, {0x8b, "LONG4", op_long4},
    {'G', "BINFLOAT", op_float}, {'X', "BINUNICODE", op_text4}, {0x8c, "SHORT_BINUNICODE", op_text1}, {0x8d, "BINUNICODE8", op_text8},
    {'U', "SHORT_BINSTRING", op_text1}, {'T', "BINSTRING", op_text4}, {'c', "GLOBAL", read_global}, {0x93, "STACK_GLOBAL", stack_global},
    {'R', "REDUCE", reduce}, {'b', "BUILD", build}, {'Q', "BINPERSID", load_outside}, {'q', "BINPUT", op_put1}, {'r', "LONG_BINPUT", op_put4},
    {0x94, "MEMOIZE", op_memoize}, {'h', "BINGET", op_get1}, {'j', "LONG_BINGET", op_get4}, {0x95, "FRAME", op_frame}, {0x80, "PROTO", op_proto},
    {'0', "POP", NULL}, {'1', "POP_MARK", NULL}, {'2', "DUP", NULL}, {'F', "FLOAT", NULL}, {'I', "INT", NULL}, {'L', "LONG", NULL}, {'P', "PERSID", NULL},
    {'S', "STRING", NULL}, {'V', "UNICODE", NULL}, {'g', "GET", NULL}, {'p', "PUT", NULL}, {'i', "INST", NULL}, {'o', "OBJ", NULL}, {0x81, "NEWOBJ", NULL},
    {0x82, "EXT1", NULL}, {0x83, "EXT2", NULL}, {0x84, "EXT4", NULL}, {'B', "BINBYTES", NULL}, {'C', "SHORT_BINBYTES", NULL}, {0x8e, "BINBYTES8", NULL},
    {0x8f, "EMPTY_SET", NULL}, {0x90, "ADDITEMS", NULL}, {0x91, "FROZENSET", NULL}, {0x92, "NEWOBJ_EX", NULL}, {0x96, "BYTEARRAY8", NULL},
    {0x97, "NEXT_BUFFER", NULL}, {0x98, "READONLY_BUFFER", NULL},
};

static bool run(reader *r) {
  const unsigned char *code;
  while ((code = take(r, 1)) != NULL) {
    if (*code == '.') return has(r, 1);
    const struct opcode *found = NULL;
    for (size_t i = 0; i < sizeof opcodes / sizeof *opcodes && !found; i++)
      if (opcodes[i].code == *code) found = &opcodes[i];
    if (!found) return hw_fail(r->err, HW_ERROR_INPUT, "%s: byte %zu: 0x%02x is no opcode of a pickle", r->where, r->at - 1, *code);
    if (!found->run) return hw_fail(r->err, HW_ERROR_UNSUPPORTED, "%s: byte %zu: opcode %s is not read", r->where, r->at - 1, found->name);
    if (!found->run(r)) return false;
  }
  return false;
}

value *hw_pickle_read(const char *where, const unsigned char *bytes, size_t size, const hw_pickle_caller *caller, hw_arena *arena, size_t *used,
                      hw_error *err) {
  reader r = {.where = where, .bytes = bytes, .size = size, .caller = caller, .arena = arena, .err = err};
  value *root = run(&r) ? r.stack[r.depth - 1] : NULL;
  *used = r.at;
  free(r.stack);
  free(r.memo);
  return root;
}
