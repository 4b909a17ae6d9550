/* SPDX-License-Identifier: Apache-2.0 */
#include "run/roles.h"
#include "run/job.h"

#include <string.h>

static size_t find_role(const hw_roles *roles, const char *name) {
  size_t i = 0;
  while (i < roles->n_named && strcmp(roles->named[i], name) != 0) i++;
  return i;
}

bool hw_roles_note(hw_roles *roles, const hw_span *spans, size_t n_spans, hw_arena *arena, hw_error *err) {
  for (size_t s = 0; s < n_spans; s++) {
    const char *name = spans[s].role;
    if (find_role(roles, name) < roles->n_named) continue;
    if (roles->n_named == HW_NAMED_ROLES)
      return hw_fail(err, HW_ERROR_INPUT, "the data set names more than %d roles (the next is %s)", HW_NAMED_ROLES, name);
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

bool hw_roles_finish(hw_roles *roles, hw_arena *arena, hw_error *err) {
  static const char *const derived[HW_FIRST_NAMED_ROLE] = {"-", "BOS", "END"};
  memcpy(roles->names, derived, sizeof derived);
  roles->n = HW_FIRST_NAMED_ROLE;
  for (size_t i = 0; i < roles->n_named; i++) {
    for (size_t d = 1; d < HW_FIRST_NAMED_ROLE; d++)
      if (strcmp(roles->named[i], derived[d]) == 0)
        return hw_fail(err, HW_ERROR_INPUT, "a role cannot be called %s: that one is derived", derived[d]);
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

static void assign_span(const hw_roles *roles, reading *r, const hw_span *span, uint8_t *bytes, uint8_t *after) {
  const hw_prompt_input *input = r->input;
  uint32_t start = characters(r, span->start), end = characters(r, span->end);
  size_t name = find_role(roles, span->role), first = SIZE_MAX, last = 0;
  for (size_t i = first_token(r, start); i < input->n_tokens && !(r->ascending && input->starts[i] >= end); i++) {
    if (input->starts[i] >= end || input->ends[i] <= start) continue;
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
