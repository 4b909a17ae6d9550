/* SPDX-License-Identifier: Apache-2.0 */
#include "store/stale.h"

#include <inttypes.h>

#include "sqlite/connection.h"

const hw_stale hw_stale_kinds[HW_STALE_KINDS] = {
    {"mining", "mining", "mine", "mining/stale.sql"}, {"comparison", "comparison", "compare", "compare/stale.sql"},
    {"certificate", "certificate_run", "certify", "certify/stale.sql"}};

bool hw_store_stale(hw_store *store, const hw_stale *kind, hw_buffer *numbers, hw_error *err) {
  hw_statement s;
  bool there, row;
  size_t before = numbers->length;
  if (!hw_store_has_table(store, kind->table, &there, err)) return false;
  if (!there) return true;
  bool ok = hw_statement_open(&s, store, kind->file, err);
  while (ok && (ok = hw_statement_step(&s, &row, err)) && row)
    hw_buffer_printf(numbers, "%s%" PRId64, numbers->length > before ? "," : "", hw_column_integer(&s, 0));
  hw_statement_close(&s);
  return ok && hw_buffer_check(numbers, err);
}
