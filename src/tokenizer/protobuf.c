/* SPDX-License-Identifier: Apache-2.0 */
#include "tokenizer/protobuf.h"

#include <stdbool.h>

static bool read_varint(hw_tok_message *message, uint64_t *value) {
  *value = 0;
  for (unsigned shift = 0; shift < 64 && message->at < message->end; shift += 7) {
    unsigned char byte = *message->at++;
    *value |= (uint64_t)(byte & 0x7F) << shift;
    if (byte < 0x80) return true;
  }
  return false;
}

static bool read_fixed(hw_tok_message *message, size_t n, uint64_t *value) {
  if ((size_t)(message->end - message->at) < n) return false;
  *value = 0;
  for (size_t i = 0; i < n; i++) *value |= (uint64_t)message->at[i] << (8 * i);
  message->at += n;
  return true;
}

int hw_tok_message_next(hw_tok_message *message, hw_tok_field *field) {
  uint64_t key;
  if (message->at == message->end) return 0;
  if (!read_varint(message, &key) || key >> 3 == 0 || key >> 3 > UINT32_MAX) return -1;
  *field = (hw_tok_field){.number = (uint32_t)(key >> 3)};
  switch (key & 7) {
  case HW_TOK_VARINT: field->wire = HW_TOK_VARINT; return read_varint(message, &field->value) ? 1 : -1;
  case HW_TOK_FIXED64: field->wire = HW_TOK_FIXED64; return read_fixed(message, 8, &field->value) ? 1 : -1;
  case HW_TOK_FIXED32: field->wire = HW_TOK_FIXED32; return read_fixed(message, 4, &field->value) ? 1 : -1;
  case HW_TOK_BYTES: break;
  default: return -1; /* groups, which no such model has */
  }
  field->wire = HW_TOK_BYTES;
  if (!read_varint(message, &key) || key > (uint64_t)(message->end - message->at)) return -1;
  field->bytes = message->at;
  field->length = (size_t)key;
  message->at += key;
  return 1;
}
