/*
 * team.c - sums over the processes of a training.
 *
 * MPI_Iallreduce starts with each gradient as it gets ready; MPI moves forward
 * only inside its own calls, so each start also looks after those before it.
 * All processes make the same calls in the same order, whatever their threads
 * do.
 */
#include "train/team.h"

#include <stdlib.h>

#if SINEW_WITH_MPI
#include <mpi.h>
#endif

struct sinew_team {
    int rank, size;
    bool average;
#if SINEW_WITH_MPI
    MPI_Request *requests; ///< of gradients on their way
    float **gradients;
    int64_t *counts;
    int n, room;
    bool lost; ///< a call of MPI has failed
#endif
};

int sinew_team_rank(const struct sinew_team *team) { return team->rank; }
int sinew_team_size(const struct sinew_team *team) { return team->size; }

/* Whether some mpirun (Open MPI's, or one that speaks PMI) started this. */
static bool started_as_team(void) {
    return getenv("OMPI_COMM_WORLD_SIZE") || getenv("PMI_SIZE") ||
           getenv("PMIX_RANK");
}

#if SINEW_WITH_MPI

static sinew_status open_mpi(struct sinew_team *team) {
    int level;

    if (MPI_Init_thread(NULL, NULL, MPI_THREAD_FUNNELED, &level) !=
            MPI_SUCCESS ||
        level < MPI_THREAD_FUNNELED)
        return sinew_fail(SINEW_UNSUPPORTED,
                          "MPI does not start beside threads");
    /* failures come back, to be told as ours */
    MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
    MPI_Comm_rank(MPI_COMM_WORLD, &team->rank);
    MPI_Comm_size(MPI_COMM_WORLD, &team->size);
    return SINEW_OK;
}

static void close_mpi(struct sinew_team *team, bool failed) {
    int running = 0;

    /* a process that ends without this makes mpirun end the others */
    MPI_Initialized(&running);
    if (running && !failed)
        MPI_Finalize();
    sinew_free(team->requests);
    sinew_free(team->gradients);
    sinew_free(team->counts);
}

static void sum(void *user, double *values, int64_t n) {
    struct sinew_team *team = user;

    if (MPI_Allreduce(MPI_IN_PLACE, values, (int)n, MPI_DOUBLE, MPI_SUM,
                      MPI_COMM_WORLD) != MPI_SUCCESS)
        team->lost = true;
}

static bool make_room(struct sinew_team *team) {
    int room = team->room ? 2 * team->room : 64;
    void *block;

    if (team->n < team->room)
        return true;
    block = sinew_realloc(team->requests, (uint64_t)room,
                          sizeof *team->requests);
    if (!block)
        return false;
    team->requests = block;
    block = sinew_realloc(team->gradients, (uint64_t)room,
                          sizeof *team->gradients);
    if (!block)
        return false;
    team->gradients = block;
    block = sinew_realloc(team->counts, (uint64_t)room, sizeof *team->counts);
    if (!block)
        return false;
    team->counts = block;
    team->room = room;
    return true;
}

static void ready(void *user, int i, float *gradient, int64_t n) {
    struct sinew_team *team = user;
    int done;

    (void)i;
    if (!make_room(team) || n > INT32_MAX ||
        MPI_Iallreduce(MPI_IN_PLACE, gradient, (int)n, MPI_FLOAT, MPI_SUM,
                       MPI_COMM_WORLD,
                       &team->requests[team->n]) != MPI_SUCCESS) {
        team->lost = true;
        return;
    }
    team->gradients[team->n] = gradient;
    team->counts[team->n++] = n;
    MPI_Testall(team->n, team->requests, &done, MPI_STATUSES_IGNORE);
}

static sinew_status finish(void *user) {
    struct sinew_team *team = user;
    const float share = 1 / (float)team->size;

    if (MPI_Waitall(team->n, team->requests, MPI_STATUSES_IGNORE) !=
        MPI_SUCCESS)
        team->lost = true;
    for (int k = 0; k < team->n && team->average; k++)
        for (int64_t i = 0; i < team->counts[k]; i++)
            team->gradients[k][i] *= share;
    team->n = 0;
    if (team->lost)
        return sinew_fail(SINEW_IO, "another process of the team is lost");
    return SINEW_OK;
}

struct sinew_trainer_hooks sinew_team_hooks(struct sinew_team *team,
                                            bool average) {
    team->average = average;
    if (team->size == 1)
        return (struct sinew_trainer_hooks){0};
    return (struct sinew_trainer_hooks){team, sum, ready, finish};
}

sinew_status sinew_team_sum(struct sinew_team *team, double *values, int n) {
    if (team->size > 1)
        sum(team, values, n);
    if (team->lost)
        return sinew_fail(SINEW_IO, "another process of the team is lost");
    return SINEW_OK;
}

#else

static sinew_status open_mpi(struct sinew_team *team) {
    (void)team;
    return sinew_fail(SINEW_UNSUPPORTED,
                      "started by mpirun, but built without MPI");
}

static void close_mpi(struct sinew_team *team, bool failed) {
    (void)team;
    (void)failed;
}

struct sinew_trainer_hooks sinew_team_hooks(struct sinew_team *team,
                                            bool average) {
    team->average = average;
    return (struct sinew_trainer_hooks){0};
}

sinew_status sinew_team_sum(struct sinew_team *team, double *values, int n) {
    (void)team;
    (void)values;
    (void)n;
    return SINEW_OK;
}

#endif

sinew_status sinew_team_join(struct sinew_team **result) {
    struct sinew_team *team = sinew_alloc(1, sizeof *team);
    sinew_status status = SINEW_OK;

    *result = NULL;
    if (!team)
        return SINEW_NOMEM;
    team->size = 1;
    if (started_as_team())
        status = open_mpi(team);
    if (status < 0)
        sinew_free(team);
    else
        *result = team;
    return status;
}

void sinew_team_leave(struct sinew_team **pointer, bool failed) {
    struct sinew_team *team = *pointer;

    if (!team)
        return;
    if (started_as_team())
        close_mpi(team, failed);
    sinew_free(team);
    *pointer = NULL;
}
