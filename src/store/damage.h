/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HW_STORE_DAMAGE_H
#define HW_STORE_DAMAGE_H

#include "sqlite/connection.h"

/* Finds the first stored column that cannot be decoded and appends its name: "the edges of prompt 17, target 3". Reads all graphs. */
bool hw_find_damage(hw_store *store, hw_buffer *where);

#endif
