/* SPDX-License-Identifier: Apache-2.0 */
#include "run/profile.h"

#include "base/text.h"

const char *hw_run_stage_name(hw_run_stage stage) {
  static const char *const names[HW_RUN_STAGES] = {"rows",     "prompts", "forward pass", "predictions and lens", "graphs", "neurons", "relevances", "projections",
                                                   "encoding", "store",   "neurons in the vocabulary", "waiting"};
  return names[stage];
}

void hw_profile_begin(hw_profile *profile) {
  if (profile) profile->mark = hw_clock_seconds();
}

void hw_profile_lap(hw_profile *profile, hw_run_stage stage) {
  if (!profile) return;
  double now = hw_clock_seconds();
  profile->seconds[stage] += now - profile->mark;
  profile->mark = now;
}

void hw_profile_move(hw_profile *profile, hw_run_stage from, hw_run_stage to, double seconds) {
  if (!profile) return;
  profile->seconds[from] -= seconds;
  profile->seconds[to] += seconds;
}

void hw_profile_add(double sum[HW_RUN_STAGES], const hw_profile *profile) {
  for (int stage = 0; stage < HW_RUN_STAGES; stage++) sum[stage] += profile->seconds[stage];
}
