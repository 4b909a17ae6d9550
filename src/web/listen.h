/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HW_WEB_LISTEN_H
#define HW_WEB_LISTEN_H

#include "headwater/error.h"

/* Opens a socket that listens at an address, "127.0.0.1" or "::1"; port 0 takes a free one, and *port is then it. Errors: INPUT for
 * what is no address, IO. */
bool hw_listen(const char *address, int *port, int *socket, hw_error *err);

/* Only programs of this machine reach it. */
bool hw_is_loopback(const char *address);

#endif
