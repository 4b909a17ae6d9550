/* SPDX-License-Identifier: Apache-2.0 */
#include "base/hash_table.h"

#include <stdlib.h>

bool hw_hash_grow(hw_hash_table *table, size_t more, hw_arena *arena, hw_error *err) {
  size_t size = table->entries ? table->mask + 1 : 16;
  if (more > SIZE_MAX / 4 - table->n) return hw_fail_memory(err, "a hash table");
  while (size < 2 * (table->n + more)) size *= 2;
  hw_hash_table larger = {.n = table->n, .mask = size - 1};
  larger.entries = arena ? hw_arena_znew(arena, hw_hash_entry, size, err) : calloc(size, sizeof *larger.entries);
  if (!larger.entries) return arena ? false : hw_fail_memory(err, "a hash table");
  for (size_t i = 0; table->entries && i <= table->mask; i++) {
    if (!table->entries[i].value) continue;
    hw_hash_entry *entry = hw_hash_find(&larger, table->entries[i].key);
    while (entry->value) entry = hw_hash_next(&larger, entry);
    *entry = table->entries[i];
  }
  if (!arena) hw_hash_fini(table);
  *table = larger;
  return true;
}

void hw_hash_fini(hw_hash_table *table) {
  free(table->entries);
  *table = (hw_hash_table){0};
}
