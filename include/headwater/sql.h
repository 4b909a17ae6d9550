/* SPDX-License-Identifier: Apache-2.0
 * The statements that the program carries for people. */
#ifndef HEADWATER_SQL_H
#define HEADWATER_SQL_H

#include "headwater/api.h"

HW_BEGIN_C

typedef struct hw_named_query { const char *name, *sql; } hw_named_query;

HW_END_C

#endif
