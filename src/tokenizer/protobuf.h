/* SPDX-License-Identifier: Apache-2.0
 * Protocol buffers, as far as sentencepiece's models need them: the fields of a message, one after the other. Untrusted. */
#ifndef HW_TOKENIZER_PROTOBUF_H
#define HW_TOKENIZER_PROTOBUF_H

#include <stddef.h>
#include <stdint.h>

typedef struct hw_tok_message {
  const unsigned char *at, *end;
} hw_tok_message;

typedef struct hw_tok_field {
  uint32_t number;
  enum { HW_TOK_VARINT, HW_TOK_FIXED64, HW_TOK_BYTES, HW_TOK_FIXED32 = 5 } wire;
  uint64_t value;             /* of a number: its bits */
  const unsigned char *bytes; /* of HW_TOK_BYTES, inside the message */
  size_t length;
} hw_tok_field;

/* 1: a field; 0: the message ends; -1: it is cut or is no message. */
int hw_tok_message_next(hw_tok_message *message, hw_tok_field *field);

#endif
