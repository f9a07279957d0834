/*
 * train.h - the parts of `sinew train`.
 */
#ifndef SINEW_CLI_TRAIN_H
#define SINEW_CLI_TRAIN_H

#include "cli.h"
#include "data/evaluate.h"
#include "data/loader.h"
#include "data/sheet.h"
#include "engine.h"
#include "progress.h"
#include "train/task_teacher.h"
#include "train/team.h"

struct train_options {
    struct common_options common;
    struct engine_options engine;
    int progress; ///< enum progress_mode
#define GROUP(help)
#define TEXT(field, name, arg, fallback, complete, help)   const char *field;
#define LIST(field, name, arg, complete, help)             struct opt_list field;
#define INT(field, name, arg, fallback, min, max, help)    int64_t field;
#define NUMBER(field, name, arg, fallback, min, max, help) double field;
#define CHOICE(field, name, fallback, names, help)         int field;
#define FLAG(field, name, help)                            bool field;
#include "train.def"
#undef GROUP
#undef TEXT
#undef LIST
#undef INT
#undef NUMBER
#undef CHOICE
#undef FLAG
};

/* X(NAME, "name", "key in the log"): figures the best weights may be chosen by;
 * all grow with quality. */
#define TRAIN_SELECT_MAP(X)                                                    \
    X(PCK, "pck", "pck@0.2")                                                   \
    X(PCKH, "pckh", "pckh@0.5")                                                \
    X(AUC, "auc", "auc")                                                       \
    X(OKS, "oks", "ap")
enum train_select {
#define TRAIN_SELECT_ENUM(NAME, name, key) TRAIN_SELECT_##NAME,
    TRAIN_SELECT_MAP(TRAIN_SELECT_ENUM)
#undef TRAIN_SELECT_ENUM
};

/* ---- data -----------------------------------------------------------------
 */

/* Reads the sets of --data as one with these keypoints, people who are not to
 * be learnt from having weight 0. */
sinew_status
train_read_data(struct sinew_dataset *all, const struct train_options *o,
                const struct sinew_skeleton *skeleton) SINEW_NODISCARD;
/* Reads one set as --dev gives it, with its own keypoints. */
sinew_status train_read_set(struct sinew_dataset *set, const char *text,
                            double *weight) SINEW_NODISCARD;

/* ---- measuring ------------------------------------------------------------
 */

struct train_dev {
    int n;
    struct sinew_dataset *sets; ///< [n]
};
sinew_status train_dev_read(struct train_dev *dev,
                            const struct train_options *o) SINEW_NODISCARD;
void train_dev_free(struct train_dev *dev);

/* Measures a network on set i, and draws what it finds of the first people. The
 * caller frees the sheet. Errors: those of pictures and networks. */
sinew_status train_dev_measure(const struct train_dev *dev, int i,
                               const sinew_graph *graph,
                               const struct train_options *o,
                               const struct cli *cli,
                               struct sinew_evaluation *result,
                               struct sinew_sheet *sheet) SINEW_NODISCARD;
/* Its figure by --select, 0 ... 1. */
double train_dev_figure(const struct sinew_evaluation *result, int select);

/* ---- the journal ----------------------------------------------------------
 */

/* A file that grows. */
struct train_file {
    FILE *file;
    char *path;
    int64_t size;
};
struct train_journal {
    struct train_file log;    ///< log.jsonl
    struct train_file events; ///< TensorBoard's
};
/* Opens both, cut to these sizes. Free in any case. Errors: SINEW_IO (also when
 * another training writes to the folder). */
sinew_status train_journal_open(struct train_journal *journal,
                                const struct train_options *o, int64_t log,
                                int64_t events) SINEW_NODISCARD;
void train_journal_close(struct train_journal *journal);

struct train_figures {
    double loss, rate, norm;
};
sinew_status
train_journal_steps(struct train_journal *journal, int64_t step, int64_t epoch,
                    const struct train_figures *figures) SINEW_NODISCARD;

struct train_dev_entry {
    int64_t step, epoch;
    int number; ///< of the set
    const char *name;
    const struct sinew_evaluation *evaluation;
    const sinew_image *people; ///< what was found, drawn; or NULL
};
sinew_status
train_journal_dev(struct train_journal *journal,
                  const struct train_dev_entry *entry) SINEW_NODISCARD;

/* Draws log.jsonl as curves.png, `figure` being a key of its measures. Nothing
 * happens in a build without cairo. */
sinew_status train_draw_curves(const struct train_options *o,
                               const char *figure) SINEW_NODISCARD;

/* ---- the course -----------------------------------------------------------
 */

enum { TRAIN_SIGMAS = 16 };

/* Everything a training needs while it runs. */
struct train_course {
    const struct cli *cli;
    const struct train_options *o;
    struct sinew_team *team;
    bool leads;         ///< the one that writes and measures
    sinew_graph *graph; ///< the network, batch and all
    struct sinew_pose_spec spec;
    struct sinew_task task;
    struct sinew_dataset data;
    struct train_dev dev;
    struct sinew_loader *loader;
    struct sinew_trainer *trainer;
    struct sinew_task_teacher *teacher; ///< or NULL
    struct sinew_schedule schedule;
    double sigmas[TRAIN_SIGMAS]; ///< of equal parts of the course
    int n_sigmas;
    struct train_journal journal;
    struct progress progress;
    char label[96];       ///< of the progress
    int64_t batches;      ///< of an epoch
    int64_t shown;        ///< pictures in a batch, of all processes
    bool stop;            ///< somebody wants to
    int64_t epoch, batch; ///< what comes next
    int64_t run;          ///< steps of this process
    double best;          ///< figure of the best weights, negative = none
    int64_t best_epoch;   ///< epochs they had seen
    double loss_sum;      ///< since the last line of the log
    int64_t loss_n;
    double norm;
};

/* Reads the data, builds network, trainer and loader, and goes to where a
 * checkpoint was left. Free in any case. */
sinew_status train_course_make(struct train_course *course,
                               const struct cli *cli,
                               const struct train_options *o,
                               struct sinew_team *team) SINEW_NODISCARD;
void train_course_free(struct train_course *course);

/* A file of the folder: DIR/NAME, which the caller frees. */
char *train_path(const struct train_options *o, const char *name);

/* Writes a checkpoint with the place the course has reached. */
sinew_status train_save(struct train_course *course,
                        const char *name) SINEW_NODISCARD;
/* A number the checkpoint carries. Errors: SINEW_FORMAT. */
sinew_status train_noted(const struct train_course *course, const char *key,
                         int64_t *value) SINEW_NODISCARD;
/* Goes on from last.safetensors; *found tells whether it is there. */
sinew_status train_restore(struct train_course *course,
                           bool *found) SINEW_NODISCARD;
/* Removes what killed runs left half written. */
void train_sweep(const struct train_options *o);
/* The trained network, for one picture at a time. */
sinew_status train_network(const struct train_course *course,
                           sinew_graph **graph) SINEW_NODISCARD;
/* Writes it as ONNX. */
sinew_status train_export(const struct train_course *course,
                          const sinew_graph *graph,
                          const char *name) SINEW_NODISCARD;

/* Trains to the end. Errors: all there are. */
sinew_status train_run(struct train_course *course) SINEW_NODISCARD;

#endif
