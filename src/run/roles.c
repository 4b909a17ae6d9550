/* SPDX-License-Identifier: Apache-2.0 */
#include "run/roles.h"
#include "run/job.h"

#include <string.h>

static size_t find_role(const hw_roles *roles, const char *name) {
  size_t i = 0;
  while (i < roles->n_named && strcmp(roles->named[i], name) != 0) i++;
  return i;
}

bool hw_roles_note(hw_roles *roles, const hw_span *spans, size_t n_spans, const char *path, hw_arena *arena, hw_error *err) {
  for (size_t s = 0; s < n_spans; s++) {
    const char *name = spans[s].role;
    if (find_role(roles, name) < roles->n_named) continue;
    if (roles->n_named == HW_NAMED_ROLES)
      return hw_fail(err, HW_ERROR_INPUT, "%s: more than %d roles (the next is %s)", path, HW_NAMED_ROLES, name);
    const char *copy = hw_arena_copy(arena, name, strlen(name), err);
    if (!copy) return false;
    roles->named[roles->n_named++] = copy;
  }
  return true;
}

bool hw_roles_know(const hw_roles *roles, const hw_span *spans, size_t n_spans) {
  for (size_t s = 0; s < n_spans; s++)
    if (find_role(roles, spans[s].role) == roles->n_named) return false;
  return true;
}

static const char *const derived[HW_FIRST_NAMED_ROLE] = {"-", "BOS", "END"};

bool hw_roles_finish(hw_roles *roles, const char *path, hw_arena *arena, hw_error *err) {
  memcpy(roles->names, derived, sizeof derived);
  roles->n = HW_FIRST_NAMED_ROLE;
  for (size_t i = 0; i < roles->n_named; i++) {
    for (size_t d = 0; d < HW_FIRST_NAMED_ROLE; d++)
      if (strcmp(roles->named[i], derived[d]) == 0)
        return hw_fail(err, HW_ERROR_INPUT, "%s: a role is called \"%s\", want another name: BOS, END (the last token) and - (no role) are taken",
                       path, derived[d]);
    roles->names[roles->n++] = roles->named[i];
  }
  for (size_t i = 0; i < roles->n_named; i++) {
    size_t length = strlen(roles->named[i]);
    char *next = hw_arena_new(arena, char, length + 3, err);
    if (!next) return false;
    memcpy(next, roles->named[i], length);
    memcpy(next + length, "+1", 3);
    roles->names[roles->n++] = next;
  }
  return true;
}

/* A prompt whose spans are gone through, mostly from left to right: what lies before the last one is not read again. */
typedef struct reading {
  const hw_prompt_input *input;
  size_t byte;         /* of the text, up to which `characters` counts */
  uint32_t characters;
  size_t token;        /* those before it end at character `from`, or earlier */
  uint32_t from;
  bool ascending;      /* tokens begin one after the other */
} reading;

static reading read_from_start(const hw_prompt_input *input) {
  reading r = {.input = input, .ascending = true};
  for (size_t i = 1; i < input->n_tokens && r.ascending; i++) r.ascending = input->starts[i] >= input->starts[i - 1];
  return r;
}

/* Characters of the first n bytes. */
static uint32_t characters(reading *r, size_t n) {
  if (n < r->byte) r->byte = r->characters = 0;
  for (; r->byte < n; r->byte++) r->characters += ((unsigned char)r->input->text[r->byte] & 0xC0) != 0x80;
  return r->characters;
}

static size_t first_token(reading *r, uint32_t start) {
  if (start < r->from) r->token = 0;
  r->from = start;
  while (r->token < r->input->n_tokens && r->input->ends[r->token] <= start) r->token++;
  return r->token;
}

/* The tokens that share characters with a span. */
typedef struct span_tokens {
  reading *reading;
  uint32_t start, end; /* characters */
  size_t next;         /* token to look at */
} span_tokens;

static span_tokens tokens_of(reading *r, const hw_span *span) {
  span_tokens tokens = {.reading = r, .start = characters(r, span->start), .end = characters(r, span->end)};
  tokens.next = first_token(r, tokens.start);
  return tokens;
}

static bool next_token(span_tokens *tokens, size_t *token) {
  const hw_prompt_input *input = tokens->reading->input;
  while (tokens->next < input->n_tokens && !(tokens->reading->ascending && input->starts[tokens->next] >= tokens->end)) {
    *token = tokens->next++;
    if (input->starts[*token] < tokens->end && input->ends[*token] > tokens->start) return true;
  }
  return false;
}

static void assign_span(const hw_roles *roles, reading *r, const hw_span *span, uint8_t *bytes, uint8_t *after) {
  const hw_prompt_input *input = r->input;
  span_tokens tokens = tokens_of(r, span);
  size_t name = find_role(roles, span->role), first = SIZE_MAX, last = 0, i;
  while (next_token(&tokens, &i)) {
    if (bytes[i] != HW_ROLE_NONE) continue;
    bytes[i] = (uint8_t)(HW_FIRST_NAMED_ROLE + name);
    if (first == SIZE_MAX) first = i;
    last = i;
  }
  if (first == SIZE_MAX) return;
  bytes[first] |= HW_ROLE_FIRST;
  bytes[last] |= HW_ROLE_LAST;
  if (last + 1 < input->n_tokens && after[last + 1] == HW_ROLE_NONE)
    after[last + 1] = (uint8_t)(HW_FIRST_NAMED_ROLE + roles->n_named + name);
}

void hw_roles_assign(const hw_roles *roles, const hw_prompt_input *prompt, uint8_t *bytes) {
  const hw_prompt_input *input = prompt->clean ? prompt->clean : prompt;
  size_t n = input->n_tokens;
  uint8_t *after = bytes + n; /* second half of the caller's room: roles of tokens after spans */
  memset(bytes, HW_ROLE_NONE, 2 * n);
  reading r = read_from_start(input);
  for (size_t s = 0; s < input->n_spans; s++) assign_span(roles, &r, &input->spans[s], bytes, after);
  for (size_t i = 0; i < n; i++)
    if (bytes[i] == HW_ROLE_NONE && after[i] != HW_ROLE_NONE) bytes[i] = after[i] | HW_ROLE_FIRST | HW_ROLE_LAST;
  if (n) bytes[n - 1] = HW_ROLE_END | HW_ROLE_FIRST | HW_ROLE_LAST;
  if (n && input->has_bos) bytes[0] = HW_ROLE_BOS | HW_ROLE_FIRST | HW_ROLE_LAST;
}

const char *hw_roles_hidden(const hw_roles *roles, const hw_prompt_input *input, const uint8_t *bytes, hw_arena *arena, hw_error *err) {
  if (!input->n_spans) return "";
  hw_buffer list;
  hw_buffer_init(&list);
  hw_buffer_append_string(&list, "");
  reading r = read_from_start(input);
  for (size_t s = 0; s < input->n_spans; s++) {
    span_tokens tokens = tokens_of(&r, &input->spans[s]);
    size_t own = HW_FIRST_NAMED_ROLE + find_role(roles, input->spans[s].role), n = 0, n_hidden = 0, other = own, i;
    for (; next_token(&tokens, &i); n++) {
      size_t role = bytes[i] & HW_ROLE_MASK;
      if (role == own) continue;
      if (n_hidden++ == 0) other = role;
    }
    if (n_hidden)
      hw_buffer_printf(&list, "%s%s loses %zu of %zu tokens, the first to %s", list.length ? "; " : "", input->spans[s].role, n_hidden, n,
                       other < HW_FIRST_NAMED_ROLE ? derived[other] : roles->named[other - HW_FIRST_NAMED_ROLE]);
  }
  const char *hidden = hw_buffer_check(&list, err) ? hw_arena_copy(arena, list.data, list.length, err) : NULL;
  hw_buffer_fini(&list);
  return hidden;
}
