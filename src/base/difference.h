/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HW_BASE_DIFFERENCE_H
#define HW_BASE_DIFFERENCE_H

#include "headwater/buffer.h"

/* Appends "NAME is 'STORED' there, 'WANTED' here" to the list, unless the list is already long. NULL: absent. */
void hw_note_difference(hw_buffer *list, const char *what, const char *there, const char *here);

#endif
