/* SPDX-License-Identifier: Apache-2.0 */
#include "study/roles.h"

#include <string.h>

#include "store/checked.h"

bool hw_roles_read(hw_store *store, hw_arena *arena, const char *names[HW_ROLE_IDS], hw_error *err) {
  hw_statement s;
  bool row, ok = hw_statement_open(&s, store, "reader/role_names.sql", err);
  while (ok && (ok = hw_statement_step(&s, &row, err)) && row) {
    hw_checked_row role = {&s, "role", hw_column_integer(&s, 0), err};
    int64_t id;
    size_t length;
    ok = hw_checked_integer(&role, 0, 0, HW_ROLE_IDS - 1, &id) && (!names[id] || hw_checked_fail(&role, "its role_id is there twice")) &&
         hw_checked_copy(&role, 1, arena, &names[id], &length);
  }
  hw_statement_close(&s);
  return ok;
}
