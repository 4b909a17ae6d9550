/* SPDX-License-Identifier: Apache-2.0 */
#include "base/text.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

/* Length of the valid sequence that starts at s (RFC 3629), 0 if there is none. */
static size_t utf8_sequence(const unsigned char *s, size_t left) {
  if (s[0] < 0x80) return 1;
  size_t length = s[0] >= 0xF0 ? 4 : s[0] >= 0xE0 ? 3 : 2;
  if (s[0] < 0xC2 || s[0] > 0xF4 || left < length) return 0;
  unsigned char low = 0x80, high = 0xBF;
  if (s[0] == 0xE0) low = 0xA0; /* overlong */
  if (s[0] == 0xED) high = 0x9F; /* surrogates */
  if (s[0] == 0xF0) low = 0x90;
  if (s[0] == 0xF4) high = 0x8F; /* past U+10FFFF */
  if (s[1] < low || s[1] > high) return 0;
  for (size_t i = 2; i < length; i++)
    if (s[i] < 0x80 || s[i] > 0xBF) return 0;
  return length;
}

size_t hw_utf8_valid_prefix(const char *bytes, size_t length) {
  size_t i = 0;
  while (i < length) {
    size_t step = utf8_sequence((const unsigned char *)bytes + i, length - i);
    if (!step) break;
    i += step;
  }
  return i;
}

size_t hw_control_length(const char *bytes, size_t left) {
  unsigned char first = left ? (unsigned char)bytes[0] : ' ', second = left > 1 ? (unsigned char)bytes[1] : 0;
  if (first < 0x20 || first == 0x7f) return 1;
  return first == 0xC2 && second >= 0x80 && second < 0xA0 ? 2 : 0;
}

void hw_hide_controls(char *text) {
  size_t length = strlen(text), n = 0;
  for (size_t i = 0; i < length; n++) {
    size_t control = hw_control_length(text + i, length - i);
    text[n] = control ? '?' : text[i];
    i += control ? control : 1;
  }
  text[n] = '\0';
}

static size_t edit_distance(const char *a, const char *b) {
  enum { LONGEST = 64 };
  size_t n = strlen(a), m = strlen(b);
  if (n > LONGEST || m > LONGEST) return SIZE_MAX;
  size_t row[LONGEST + 1];
  for (size_t j = 0; j <= m; j++) row[j] = j;
  for (size_t i = 1; i <= n; i++) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= m; j++) {
      size_t best = diagonal + (a[i - 1] != b[j - 1]);
      if (row[j] + 1 < best) best = row[j] + 1;
      if (row[j - 1] + 1 < best) best = row[j - 1] + 1;
      diagonal = row[j];
      row[j] = best;
    }
  }
  return row[m];
}

const char *hw_nearest_name(const char *wanted, const char *const *names, size_t n_names) {
  const char *nearest = NULL;
  size_t best = SIZE_MAX;
  for (size_t i = 0; i < n_names; i++) {
    size_t distance = edit_distance(wanted, names[i]);
    if (distance < best && names[i][0]) {
      best = distance;
      nearest = names[i];
    }
  }
  size_t length = strlen(wanted);
  size_t allowed = length < 3 ? 1 : (length + 2) / 3;
  return best <= allowed ? nearest : NULL;
}

hw_suggestion hw_suggest(const char *wanted, const char *prefix, const char *const *names, size_t n_names) {
  hw_suggestion suggestion = {""};
  const char *nearest = hw_nearest_name(wanted, names, n_names);
  if (nearest) (void)snprintf(suggestion.text, sizeof suggestion.text, " (did you mean %s%s?)", prefix, nearest);
  return suggestion;
}

double hw_clock_seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}
