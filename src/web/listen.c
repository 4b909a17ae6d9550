/* SPDX-License-Identifier: Apache-2.0 */
#include "web/listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { WAITING = 128 }; /* connections that wait to be accepted */

typedef struct endpoint {
  union {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
  } at;
  socklen_t length;
} endpoint;

static bool parse(const char *address, int port, endpoint *e) {
  *e = (endpoint){.length = sizeof e->at.v4};
  e->at.v4.sin_family = AF_INET;
  e->at.v4.sin_port = htons((uint16_t)port);
  if (inet_pton(AF_INET, address, &e->at.v4.sin_addr) == 1) return true;
  *e = (endpoint){.length = sizeof e->at.v6};
  e->at.v6.sin6_family = AF_INET6;
  e->at.v6.sin6_port = htons((uint16_t)port);
  return inet_pton(AF_INET6, address, &e->at.v6.sin6_addr) == 1;
}

bool hw_is_loopback(const char *address) {
  endpoint e;
  if (!parse(address, 0, &e)) return false;
  if (e.at.any.sa_family == AF_INET6) return IN6_IS_ADDR_LOOPBACK(&e.at.v6.sin6_addr);
  return ntohl(e.at.v4.sin_addr.s_addr) >> 24 == 127;
}

bool hw_listen(const char *address, int *port, int *out, hw_error *err) {
  endpoint e;
  if (!parse(address, *port, &e)) return hw_fail(err, HW_ERROR_INPUT, "--address \"%.100s\": want an address like 127.0.0.1 or ::1", address);
  int s = socket(e.at.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;
  if (s < 0) return hw_fail(err, HW_ERROR_IO, "no socket for %s: %s", address, strerror(errno));
  (void)setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on); /* an old connection that is closing does not hold the port */
  if (bind(s, &e.at.any, e.length) == 0 && listen(s, WAITING) == 0 && getsockname(s, &e.at.any, &e.length) == 0) {
    *port = ntohs(e.at.any.sa_family == AF_INET6 ? e.at.v6.sin6_port : e.at.v4.sin_port);
    *out = s;
    return true;
  }
  int why = errno;
  (void)close(s);
  if (why == EADDRINUSE) return hw_fail(err, HW_ERROR_IO, "port %d of %s is in use: another --port, or --port 0 for a free one", *port, address);
  return hw_fail(err, HW_ERROR_IO, "cannot listen at %s, port %d: %s", address, *port, strerror(why));
}
