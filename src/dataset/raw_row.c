/* SPDX-License-Identifier: Apache-2.0 */
#include "dataset/raw_row.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/list.h"
#include "base/number.h"
#include "base/text.h"

void hw_raw_row_init(hw_raw_row *raw_row) { *raw_row = (hw_raw_row){0}; }

void hw_raw_row_fini(hw_raw_row *raw_row) {
  free(raw_row->cells);
  hw_buffer_fini(&raw_row->problem);
  *raw_row = (hw_raw_row){0};
}

void hw_raw_row_reset(hw_raw_row *raw_row, int64_t line) {
  raw_row->line = line;
  raw_row->n_cells = 0;
  raw_row->broken = false;
}

bool hw_raw_row_add(hw_raw_row *raw_row, hw_cell cell, hw_error *err) {
  if (!hw_list_reserve(raw_row->cells, raw_row->n_cells, 1, raw_row->capacity, NULL, err)) return false;
  raw_row->cells[raw_row->n_cells++] = cell;
  return true;
}

void hw_raw_row_break(hw_raw_row *raw_row, const char *format, ...) {
  char reason[512];
  va_list arguments;
  va_start(arguments, format);
  (void)hw_vsnprintf(reason, sizeof reason, format, arguments);
  va_end(arguments);
  size_t length = strlen(reason);
  for (size_t i = 0; i < length; i++)
    if ((unsigned char)reason[i] < 0x20 || reason[i] == 0x7f) reason[i] = '?';
  for (size_t i = hw_utf8_valid_prefix(reason, length); i < length; i += hw_utf8_valid_prefix(reason + i, length - i))
    reason[i] = '?';
  hw_buffer_reset(&raw_row->problem);
  hw_buffer_append(&raw_row->problem, reason, length);
  raw_row->broken = true;
}
