/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HW_STUDY_ROLES_H
#define HW_STUDY_ROLES_H

#include "sqlite/connection.h"

enum { HW_ROLE_IDS = 64 };

/* The names of a database's roles, by role_id, in the arena; NULL where there is no such role. Errors: INPUT for an id out of range or twice. */
bool hw_roles_read(hw_store *store, hw_arena *arena, const char *names[HW_ROLE_IDS], hw_error *err);

#endif
