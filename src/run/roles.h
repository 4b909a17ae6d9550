/* SPDX-License-Identifier: Apache-2.0
 * Roles of positions: named by the data set's spans, or derived (BOS, END, the token after a span). Their ids are fixed by the
 * order in which the data set brings the names, not by which chunk comes first. */
#ifndef HW_RUN_ROLES_H
#define HW_RUN_ROLES_H

#include "headwater/arena.h"
#include "run/job.h"
#include "dataset/spans.h"
#include "headwater/store.h"

enum { HW_ROLE_NONE = 0 /* named "-" */, HW_ROLE_BOS = 1, HW_ROLE_END = 2, HW_FIRST_NAMED_ROLE = 3, HW_NAMED_ROLES = 30 };

typedef struct hw_roles {
  size_t n_named;
  const char *named[HW_NAMED_ROLES];
  size_t n;                   /* after finish: all of them */
  const char *names[HW_ROLE_MASK + 1]; /* "-", BOS, END, the named ones, then these with "+1" */
} hw_roles;

/* Notes the spans of one prompt of the plan's pass. path: of the data set, for messages. Errors: more than HW_NAMED_ROLES names. */
bool hw_roles_note(hw_roles *roles, const hw_span *spans, size_t n_spans, const char *path, hw_arena *arena, hw_error *err);
/* Errors: a name that is that of a derived role, or "-". */
bool hw_roles_finish(hw_roles *roles, const char *path, hw_arena *arena, hw_error *err);

/* Are all roles of these spans known? */
bool hw_roles_know(const hw_roles *roles, const hw_span *spans, size_t n_spans);

/* Role of each token: bytes[0..n_tokens) of role id | HW_ROLE_FIRST | HW_ROLE_LAST (there is room for twice as many, the rest is
 * work space). The last position is END whatever its span; elsewhere a span beats the token after another one, and an earlier
 * span a later one. A counterfactual takes over the roles of its clean prompt, position by position. */
void hw_roles_assign(const hw_roles *roles, const hw_prompt_input *prompt, uint8_t *bytes);

/* Roles of spans whose tokens got other roles: "N loses 1 of 2 tokens, the first to END". bytes: by hw_roles_assign. Empty: none. In the
 * arena; NULL and err filled when memory is short. */
const char *hw_roles_hidden(const hw_roles *roles, const hw_prompt_input *prompt, const uint8_t *bytes, hw_arena *arena, hw_error *err);

#endif
