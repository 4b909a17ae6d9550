/* SPDX-License-Identifier: Apache-2.0
 * The statements that the program carries for people. */
#ifndef HEADWATER_SQL_H
#define HEADWATER_SQL_H

typedef struct hw_named_query { const char *name, *sql; } hw_named_query;

#endif
