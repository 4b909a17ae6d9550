/* SPDX-License-Identifier: Apache-2.0
 * Where the time of a run goes: laps by the clock. A profile of NULL costs nothing. */
#ifndef HW_RUN_PROFILE_H
#define HW_RUN_PROFILE_H

#include "headwater/run.h"

typedef struct hw_profile {
  double mark; /* when the present lap began */
  double seconds[HW_RUN_STAGES];
} hw_profile;

void hw_profile_begin(hw_profile *profile);
/* Counts the time since the last call to the stage, and begins the next lap. */
void hw_profile_lap(hw_profile *profile, hw_run_stage stage);
/* A part of what was counted to a stage belongs to another one. */
void hw_profile_move(hw_profile *profile, hw_run_stage from, hw_run_stage to, double seconds);
/* Adds what one worker found to `sum`. */
void hw_profile_add(double sum[HW_RUN_STAGES], const hw_profile *profile);

#endif
