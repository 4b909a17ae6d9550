/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FAULTS_FORKS_H
#define FAULTS_FORKS_H

#include <dlfcn.h>
#include <stdbool.h>

/* The function that the program would have called. */
#define NEXT(name)                                                                  \
  static __typeof__(&name) next;                                                    \
  if (!next) *(void **)&next = dlsym(RTLD_NEXT, #name)

/* HEADWATER_FAULT_FORK: true when each refused allocation has a child of its own. */
bool refused_by_forks(const char *how);

/* Forks. True in the child, whose allocation this is; false in the parent, after the child has ended. */
bool refused_in_child(long allocation);

#endif
