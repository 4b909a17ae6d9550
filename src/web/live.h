/* SPDX-License-Identifier: Apache-2.0
 * Prompts traced while the page is shown: one at a time, the last ones kept with their activations, so that lists, lenses and attention
 * can be asked for. */
#ifndef HW_WEB_LIVE_H
#define HW_WEB_LIVE_H

#include "web/call.h"
#include "web/site.h"

enum {
  HW_LIVE_KEPT = 4,
  HW_LIVE_MEMORY = 512, /* MiB that one trace may take */
  HW_LIVE_TOKENS = 30,  /* of a list */
  HW_LIVE_WAIT_SECONDS = 60, /* for the trace of somebody else */
};

typedef struct hw_live hw_live;

/* Opens the model of the settings and its tokenizer. */
bool hw_live_open(const hw_web_settings *settings, hw_live **live, hw_error *err);
void hw_live_close(hw_live *live); /* when nobody asks any more; NULL is fine */
/* Prompts that are typed in get a BOS as those of the run do, where the database was made with this model. Once, before the first request: a database that
 * takes its place later changes nothing. */
void hw_live_follow_run(hw_web *web);

/* Appends JSON: {"name", "words" (hw_live_model_words), "fingerprint"} of the model, null without one. */
void hw_live_put_model(const hw_live *live, hw_buffer *out);

/* The end points. */
void hw_live_trace(hw_web *web, const hw_web_call *call, hw_http_reply *reply);
void hw_live_list(hw_web *web, const hw_web_call *call, hw_http_reply *reply);
void hw_live_neurons(hw_web *web, const hw_web_call *call, hw_http_reply *reply);
void hw_live_lens(hw_web *web, const hw_web_call *call, hw_http_reply *reply);
void hw_live_relevance(hw_web *web, const hw_web_call *call, hw_http_reply *reply);
void hw_live_attention(hw_web *web, const hw_web_call *call, hw_http_reply *reply);

#endif
