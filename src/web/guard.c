/* SPDX-License-Identifier: Apache-2.0 */
#include "web/guard.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

bool hw_guard_make_token(hw_guard *guard, hw_error *err) {
  unsigned char bytes[HW_TOKEN_DIGITS / 2];
  if (getentropy(bytes, sizeof bytes) != 0) return hw_fail(err, HW_ERROR_IO, "no random bits for the token: %s", strerror(errno));
  for (size_t i = 0; i < sizeof bytes; i++) (void)snprintf(guard->token + 2 * i, 3, "%02x", bytes[i]);
  return true;
}

/* ---- Host ---- */

static bool is_name(const char *given, size_t length, const char *name) {
  return strlen(name) == length && strncasecmp(given, name, length) == 0;
}

/* Bytes of the name in "name", "name:port" or "[address]:port"; 0 where it is none of these. */
static size_t host_name_length(const char *host) {
  size_t length = host[0] == '[' ? strcspn(host, "]") + 1 : strcspn(host, ":");
  if (length > strlen(host)) return 0;
  const char *port = host + length;
  if (*port == '\0') return length;
  return *port == ':' && port[1] && strspn(port + 1, "0123456789") == strlen(port + 1) ? length : 0;
}

static bool is_allowed_host(const hw_guard *guard, const char *host) {
  size_t length = host_name_length(host);
  if (!length) return false;
  static const char *const own[] = {"127.0.0.1", "localhost", "[::1]"};
  for (size_t i = 0; i < sizeof own / sizeof *own; i++)
    if (is_name(host, length, own[i])) return true;
  /* A browser that was sent here by DNS has a name in Host, never an address. */
  bool bare = host[0] != '[';
  if (is_name(bare ? host : host + 1, bare ? length : length - 2, guard->address)) return true;
  for (size_t i = 0; i < guard->n_hosts; i++)
    if (is_name(host, length, guard->hosts[i])) return true;
  return false;
}

/* ---- other pages ---- */

static bool is_same_origin(const char *origin, const char *host) {
  static const char scheme[] = "http://";
  return strncmp(origin, scheme, sizeof scheme - 1) == 0 && strcasecmp(origin + sizeof scheme - 1, host) == 0;
}

void hw_guard_check_origin(const hw_guard *guard, const hw_http_request *request, hw_http_reply *reply) {
  for (int i = 0; i < HW_N_HEADERS; i++) {
    if (i == HW_HEADER_IF_NONE_MATCH || i == HW_HEADER_ACCEPT_ENCODING || request->headers[i].n <= 1) continue;
    hw_http_reply_error(reply, 403, "forbidden", "a header that decides who may ask, or how long the body is, is there %u times", request->headers[i].n);
    return;
  }
  const char *host = request->headers[HW_HEADER_HOST].value, *origin = request->headers[HW_HEADER_ORIGIN].value;
  const char *site = request->headers[HW_HEADER_SEC_FETCH_SITE].value, *mode = request->headers[HW_HEADER_SEC_FETCH_MODE].value;
  bool navigation = mode && strcmp(mode, "navigate") == 0 && strcmp(request->method, "GET") == 0;
  if (!host || !is_allowed_host(guard, host))
    hw_http_reply_error(reply, 403, "forbidden", "Host is \"%.100s\", want 127.0.0.1, localhost, [::1] or a name of --allow-host", host ? host : "");
  else if (origin && !is_same_origin(origin, host))
    hw_http_reply_error(reply, 403, "forbidden", "Origin is \"%.100s\", want http://%.100s", origin, host);
  else if (site && (strcmp(site, "same-site") == 0 || strcmp(site, "cross-site") == 0) && !navigation)
    hw_http_reply_error(reply, 403, "forbidden", "the request comes from a page of another site");
}

/* ---- token ---- */

/* Takes the same time wherever the first difference is; the length is no secret. */
static bool is_token(const char *given, const char *token) {
  if (strlen(given) != HW_TOKEN_DIGITS) return false;
  int difference = 0;
  for (size_t i = 0; i < HW_TOKEN_DIGITS; i++) difference |= given[i] ^ token[i];
  return difference == 0;
}

void hw_guard_check_token(const hw_guard *guard, const hw_http_request *request, hw_http_reply *reply) {
  static const char scheme[] = "Bearer ";
  const char *given = request->headers[HW_HEADER_AUTHORIZATION].value;
  if (!guard->token[0]) return;
  if (given && strncasecmp(given, scheme, sizeof scheme - 1) == 0 && is_token(given + sizeof scheme - 1, guard->token)) return;
  hw_http_reply_error(reply, 401, "token", "%s: open the address that `headwater serve` printed, which ends in #token=...",
                      given ? "the token is not the one of this server" : "the token is missing");
}
