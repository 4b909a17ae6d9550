/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HW_BASE_ERROR_H
#define HW_BASE_ERROR_H

#include "headwater/error.h"

/* Fills err (which may be NULL) with another error as it is, and returns false. */
bool hw_pass_error(hw_error *err, const hw_error *why);

#endif
