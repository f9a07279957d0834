/*
 * team.h - the processes of one training (MPI), each with pictures of its own.
 *
 *     struct sinew_team *team = NULL;
 *     sinew_team_join(&team);                 alone unless mpirun started it
 *     options.hooks = sinew_team_hooks(team, average);
 *     loader.part = sinew_team_rank(team);
 *     loader.parts = sinew_team_size(team);
 *     ...
 *     sinew_team_leave(&team, failed);
 *
 * Gradients are summed while the backward pass goes on, batch norms use the
 * statistics of all pictures: n processes with a batch of b take the steps of
 * one with n b. A build without MPI (SINEW_WITH_MPI) knows teams of one.
 *
 * One team a process, at any time; calls come from one thread.
 */
#ifndef SINEW_TRAIN_TEAM_H
#define SINEW_TRAIN_TEAM_H

#include "train/train.h"

struct sinew_team; /* opaque */

/* Errors: SINEW_UNSUPPORTED (started by mpirun, built without MPI; no message
 * passing from threads), SINEW_NOMEM. */
sinew_status sinew_team_join(struct sinew_team **team) SINEW_NODISCARD;
/* NULL is allowed. All of the team have to come here; one that has `failed`
 * does not wait for them, and mpirun ends them once it is gone. */
void sinew_team_leave(struct sinew_team **team, bool failed);

int sinew_team_rank(const struct sinew_team *team); ///< from 0
int sinew_team_size(const struct sinew_team *team);

/* Hooks that are all NULL for one alone. With `average` gradients become the
 * mean over the processes (losses that are means over pictures), else the sum
 * (losses that are sums). The team outlives the trainer. */
struct sinew_trainer_hooks sinew_team_hooks(struct sinew_team *team,
                                            bool average);

/* values[i] becomes its sum over the team. */
sinew_status sinew_team_sum(struct sinew_team *team, double *values,
                            int n) SINEW_NODISCARD;

#endif
