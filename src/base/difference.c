/* SPDX-License-Identifier: Apache-2.0 */
#include "base/difference.h"

enum { LONG_LIST = 600 };

void hw_note_difference(hw_buffer *list, const char *what, const char *there, const char *here) {
  if (list->length > LONG_LIST) return;
  hw_buffer_append_string(list, list->length ? "; " : "");
  if (!there) hw_buffer_printf(list, "%s is absent there, '%.80s' here", what, here);
  else if (!here) hw_buffer_printf(list, "%s is '%.80s' there, absent here", what, there);
  else hw_buffer_printf(list, "%s is '%.80s' there, '%.80s' here", what, there, here);
}
