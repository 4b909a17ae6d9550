/* SPDX-License-Identifier: Apache-2.0 */
#include "dataset/record.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/list.h"
#include "base/number.h"
#include "base/text.h"

void hw_record_init(hw_record *record) { *record = (hw_record){0}; }

void hw_record_fini(hw_record *record) {
  free(record->cells);
  hw_buffer_fini(&record->problem);
  *record = (hw_record){0};
}

void hw_record_reset(hw_record *record, int64_t line) {
  record->line = line;
  record->n_cells = 0;
  record->broken = false;
}

bool hw_record_add(hw_record *record, hw_cell cell, hw_error *err) {
  if (!hw_list_reserve(record->cells, record->n_cells, 1, record->capacity, NULL, err)) return false;
  record->cells[record->n_cells++] = cell;
  return true;
}

void hw_record_break(hw_record *record, const char *format, ...) {
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
  hw_buffer_reset(&record->problem);
  hw_buffer_append(&record->problem, reason, length);
  record->broken = true;
}
