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

/* Characters of the first n bytes. */
static uint32_t characters(const char *text, size_t n) {
  uint32_t count = 0;
  for (size_t i = 0; i < n; i++) count += ((unsigned char)text[i] & 0xC0) != 0x80;
  return count;
}

static void assign_span(const hw_roles *roles, const hw_prompt_input *input, const hw_span *span, uint8_t *bytes, uint8_t *after) {
  uint32_t start = characters(input->text, span->start), end = characters(input->text, span->end);
  size_t name = find_role(roles, span->role), first = SIZE_MAX, last = 0;
  for (size_t i = 0; i < input->n_tokens; i++) {
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
  for (size_t s = 0; s < input->n_spans; s++) assign_span(roles, input, &input->spans[s], bytes, after);
  for (size_t i = 0; i < n; i++)
    if (bytes[i] == HW_ROLE_NONE && after[i] != HW_ROLE_NONE) bytes[i] = after[i] | HW_ROLE_FIRST | HW_ROLE_LAST;
  if (n) bytes[n - 1] = HW_ROLE_END | HW_ROLE_FIRST | HW_ROLE_LAST;
  if (n && input->has_bos) bytes[0] = HW_ROLE_BOS | HW_ROLE_FIRST | HW_ROLE_LAST;
}
