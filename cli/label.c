/*
 * label.c - teachers shown every person of a set, what they find merged into
 * labels, and those written.
 *
 * The first teacher decides how a person leans where no human label tells: if
 * what it finds leans, it looks again at the person turned upright, and the
 * view it is surer of stays. All others are shown the person as it then is.
 */
#include "label.h"

#include <math.h>
#include <string.h>

#include "media/media.h"
#include "models.h"
#include "out.h"
#include "progress.h"

#define AROUND      1.3  /* of the keypoints' bounds, where no box is given */
#define LEAST_FOUND 3    /* keypoints of somebody who is there */
#define HEAD_EXCESS .19f /* of the way from MPII's head top to the neck */

/* ---- teachers -------------------------------------------------------------
 */

static char *short_name(const char *path) {
    const char *slash = strrchr(path, '/');
    const char *name = slash ? slash + 1 : path;
    const char *dot = strrchr(name, '.');
    return sinew_format("%.*s", dot ? (int)(dot - name) : (int)strlen(name),
                        name);
}

static void map_joints(struct label_teacher *teacher,
                       const struct sinew_skeleton *skeleton) {
    const sinew_pose *pose = teacher->looker.pose;
    for (int k = 0; k < skeleton->n_joints; k++) {
        const struct sinew_joint *joint = &skeleton->joints[k];
        teacher->index[k] = -1;
        for (int i = 0; i < sinew_pose_keypoint_count(pose); i++) {
            const char *name = sinew_pose_keypoint(pose, i).name;
            int part = sinew_part_find(name);
            if (part == SINEW_PART_NONE ? strcmp(name, joint->name) == 0
                                        : part == joint->part)
                teacher->index[k] = i;
        }
    }
}

static sinew_status open_teacher(struct label_job *job,
                                 struct label_teacher *teacher,
                                 const char *model) {
    sinew_pose_options options;
    char *path;
    sinew_status status = model_locate(&path, model);
    if (status < 0) return status;
    sinew_pose_options_init(&options);
    options.threads = (int32_t)job->o->engine.threads;
    options.cpu = job->o->engine.cpu;
    options.precision = job->o->engine.precision;
    options.exact = job->o->engine.exact;
    status = sinew_pose_open(&teacher->looker.pose, path, &options);
    if (status == SINEW_OK) {
        map_joints(teacher, job->set.skeleton);
        teacher->name = short_name(path);
        if (!teacher->name) status = SINEW_NOMEM;
        for (int t = 0; t < job->n - 1 && status == SINEW_OK; t++)
            if (strcmp(job->teachers[t].name, teacher->name) == 0)
                status = sinew_fail(SINEW_INVALID,
                                    "--teacher %s: there are two of that name",
                                    model);
    }
    sinew_free(path);
    return status;
}

/* Numbers by commas, the last one for all teachers that follow; those for
 * teachers that are not there count for nobody. */
static bool read_scores(const char *text, float *scores, int count) {
    char number[32];
    double value = 0;
    int n = 0;
    do {
        const size_t size = strcspn(text, ",");
        if (size == 0 || size >= sizeof(number)) return false;
        memcpy(number, text, size);
        number[size] = 0;
        if (!opt_read_number(number, &value) || !(value >= 0 && value <= 2))
            return false;
        if (n < count) scores[n++] = (float)value;
        text += size + (text[size] == ',');
    } while (*text);
    for (; n < count; n++)
        scores[n] = (float)value;
    return true;
}

static sinew_status open_teachers(struct label_job *job) {
    sinew_status status = SINEW_OK;
    const struct label_options *o = job->o;
    job->rules = (struct sinew_merge_rules){.teachers = o->teachers.count,
                                            .agree = (float)o->agree,
                                            .accord = (float)o->accord,
                                            .contradict = (float)o->contradict};
    SINEW_FAIL_IF(!read_scores(o->scores, job->rules.least, o->teachers.count),
                  SINEW_INVALID,
                  "--min-score %s: should be numbers from 0 to 2, by commas, "
                  "one for each teacher",
                  o->scores);
    SINEW_FAIL_IF(
        !read_scores(o->sure, job->rules.sure, o->teachers.count),
        SINEW_INVALID,
        "--sure %s: should be numbers from 0 to 2, by commas, one for "
        "each teacher",
        o->sure);
    for (int t = 0; t < o->teachers.count; t++) {
        job->n = t + 1;
        SINEW_TRY(open_teacher(job, &job->teachers[t], o->teachers.items[t]));
    }
fail:
    return status;
}

/* ---- one person ----------------------------------------------------------
 */

/* What a teacher found as labels of the set's joints, where it is sure enough
 * of them. */
static void as_labels(const struct label_job *job, int t,
                      const struct label_found *found,
                      struct sinew_label *labels) {
    for (int k = 0; k < job->set.skeleton->n_joints; k++) {
        const int i = job->teachers[t].index[k];
        labels[k] = (struct sinew_label){0};
        if (i >= 0 && i < found->n &&
            found->points[i].score >= job->rules.least[t])
            labels[k] =
                (struct sinew_label){found->points[i].x, found->points[i].y, 1};
    }
}

static double mean_score(const struct label_found *found) {
    double sum = 0;
    for (int k = 0; k < found->n; k++)
        sum += (double)found->points[k].score;
    return sum / found->n;
}

/* A lean that is worth turning, else 0. */
static double worth(const struct label_job *job, double lean) {
    const double least = job->o->upright;
    return least > 0 && fabs(lean) > least ? lean : 0;
}

/* The lean of what the first teacher found. */
static double lean_of(const struct label_job *job,
                      const struct label_found *found) {
    struct sinew_label labels[SINEW_MAX_KEYPOINTS];
    as_labels(job, 0, found, labels);
    return worth(job, label_lean(job->set.skeleton, labels));
}

/* The box of a person in a picture of whom nothing is known; false when the
 * first teacher finds nobody. */
static sinew_status find_box(struct label_job *job, struct label_found *found,
                             bool *there) {
    struct sinew_label labels[SINEW_MAX_KEYPOINTS];
    double box[4];
    int n = 0;
    sinew_status status =
        label_look(&job->teachers[0].looker, &job->image, NULL, 0, NULL, found);
    if (status < 0) return status;
    as_labels(job, 0, found, labels);
    for (int k = 0; k < job->set.skeleton->n_joints; k++)
        n += labels[k].seen;
    sinew_dataset_box_of_labels(labels, job->set.skeleton->n_joints, box);
    *there = n >= LEAST_FOUND && box[2] > 0 && box[3] > 0;
    const double w = AROUND * box[2], h = AROUND * box[3];
    found->box =
        (sinew_box){(float)(box[0] + (box[2] - w) / 2),
                    (float)(box[1] + (box[3] - h) / 2), (float)w, (float)h};
    return SINEW_OK;
}

/* Looks at a person again who turns out to lean. */
static sinew_status look_upright(struct label_job *job,
                                 struct label_found *found) {
    struct label_found again;
    struct sinew_label labels[SINEW_MAX_KEYPOINTS];
    const struct label_hints hints = {labels, job->set.skeleton->n_joints};
    double lean = lean_of(job, found);
    if (lean == 0) return SINEW_OK;
    as_labels(job, 0, found, labels);
    sinew_status status = label_look(&job->teachers[0].looker, &job->image,
                                     &found->box, lean, &hints, &again);
    if (status == SINEW_OK && mean_score(&again) > mean_score(found))
        *found = again;
    return status;
}

static void keep_warning(void *user, const char *text) {
    snprintf(user, 256, "%s", text);
}

/* A picture cut short is as good as none. */
static sinew_status read_picture(struct label_job *job, int64_t p) {
    char warning[256] = "";
    const struct sinew_still_options how = {.warn = keep_warning,
                                            .user = warning};
    if (job->have_image) return SINEW_OK;
    sinew_status status =
        sinew_still_read(&job->image, job->set.pictures[p].path, &how, NULL);
    if (status < 0) return status;
    if (warning[0]) return sinew_fail(SINEW_FORMAT, "%s", warning);
    job->have_image = true;
    return SINEW_OK;
}

/* What teacher t sees; *view is how it is to look, and how it did. */
static sinew_status ask(struct label_job *job, int t, int64_t i,
                        struct label_found *view,
                        const struct label_hints *hints) {
    sinew_status status = SINEW_OK;
    const struct sinew_dataset_person *person = &job->set.persons[i];
    struct label_teacher *teacher = &job->teachers[t];
    const struct label_key key = {
        sinew_dataset_name_in(job->set.pictures[person->picture].path,
                              job->folder),
        person->id, teacher->name, person->box};
    struct label_found kept;
    bool there = view->box.width > 0;
    if (label_cache_get(job->cache, &key, &kept)) {
        *view = kept;
        return SINEW_OK;
    }
    SINEW_TRY(read_picture(job, person->picture));
    if (!there) SINEW_TRY(find_box(job, view, &there));
    if (there) {
        const sinew_box found = view->box;
        SINEW_TRY(label_look(&teacher->looker, &job->image, &found, view->turn,
                             hints, view));
        if (t == 0 && !hints->n) SINEW_TRY(look_upright(job, view));
    } else {
        view->box = (sinew_box){0};
    }
    SINEW_TRY(label_cache_put(job->cache, &key, view));
fail:
    return status;
}

/* Widens a person's box so that it reaches `grow` of its longer side beyond the
 * labels, inside the picture. */
static void grow_box(const struct label_job *job, int64_t i) {
    struct sinew_dataset_person *person = &job->set.persons[i];
    const struct sinew_dataset_picture *picture =
        &job->set.pictures[person->picture];
    double *box = person->box, around[4];
    sinew_dataset_box_of_labels(sinew_dataset_labels(&job->set, i),
                                job->set.skeleton->n_joints, around);
    if (!(job->o->grow > 0) || around[2] <= 0 || around[3] <= 0) return;
    const double more = job->o->grow * fmax(around[2], around[3]);
    double left = fmin(box[0], around[0] - more);
    double top = fmin(box[1], around[1] - more);
    double right = fmax(box[0] + box[2], around[0] + around[2] + more);
    double bottom = fmax(box[1] + box[3], around[1] + around[3] + more);
    if (picture->width) right = fmin(right, picture->width - .5);
    if (picture->height) bottom = fmin(bottom, picture->height - .5);
    left = fmax(left, -.5);
    top = fmax(top, -.5);
    box[0] = left;
    box[1] = top;
    box[2] = right - left;
    box[3] = bottom - top;
}

/* MPII's head top is the upper edge of a head's box, above where others put it:
 * over the upright people of LSPET's dev set EfficientPose finds it .25 of the
 * head too far from the neck. Brought back along that line. */
static void lower_head(const struct label_job *job, int t,
                       sinew_keypoint *points) {
    const struct sinew_skeleton *skeleton = job->set.skeleton;
    int head = sinew_skeleton_part(skeleton, SINEW_PART_HEAD_TOP);
    int neck = sinew_skeleton_part(skeleton, SINEW_PART_NECK);
    const char *set =
        sinew_pose_describe(job->teachers[t].looker.pose).keypoint_set;
    if (head < 0 || neck < 0 ||
        (strcmp(set, "mpii16") != 0 && strcmp(set, "efficientpose16") != 0))
        return;
    points[head].x += HEAD_EXCESS * (points[neck].x - points[head].x);
    points[head].y += HEAD_EXCESS * (points[neck].y - points[head].y);
}

/* What lies outside the picture is a guess of where the body goes on. */
static void drop_outside(const struct label_job *job, int64_t i,
                         sinew_keypoint *points) {
    const struct sinew_dataset_picture *picture =
        &job->set.pictures[job->set.persons[i].picture];
    for (int k = 0; k < job->set.skeleton->n_joints; k++)
        if (points[k].x < -.5f || points[k].y < -.5f ||
            (picture->width && points[k].x > (float)picture->width - .5f) ||
            (picture->height && points[k].y > (float)picture->height - .5f))
            points[k].score = -1;
}

static void merge_person(struct label_job *job, int64_t i,
                         const struct label_found *found,
                         const sinew_box *box) {
    const int joints = job->set.skeleton->n_joints;
    static const sinew_keypoint unknown = {NAN, NAN, 0};
    sinew_keypoint points[SINEW_TEACHERS][SINEW_MAX_KEYPOINTS];
    const sinew_keypoint *rows[SINEW_TEACHERS];
    struct sinew_dataset_person *person = &job->set.persons[i];
    struct sinew_label *labels = sinew_dataset_labels(&job->set, i);
    struct sinew_merged *merged = job->merged + i * joints;
    for (int t = 0; t < job->n; t++) {
        rows[t] = points[t];
        for (int k = 0; k < joints; k++) {
            int index = job->teachers[t].index[k];
            points[t][k] = index >= 0 ? found[t].points[index] : unknown;
        }
        lower_head(job, t, points[t]);
        drop_outside(job, i, points[t]);
    }
    sinew_merge_labels(merged, job->set.skeleton, labels, rows,
                       fmax((double)box->width, (double)box->height),
                       &job->rules);
    person->labelled = 0;
    for (int k = 0; k < joints; k++) {
        labels[k] = merged[k].label;
        person->labelled += labels[k].seen > 0;
    }
}

/* Labels as they are: nobody is asked about small people and crowds. */
static void keep_person(struct label_job *job, int64_t i) {
    const int joints = job->set.skeleton->n_joints;
    for (int k = 0; k < joints; k++)
        if (sinew_dataset_labels(&job->set, i)[k].seen)
            job->merged[i * joints + k].origin = SINEW_ORIGIN_HUMAN;
}

static sinew_status label_person(struct label_job *job, int64_t i) {
    sinew_status status = SINEW_OK;
    struct sinew_dataset_person *person = &job->set.persons[i];
    struct label_found found[SINEW_TEACHERS];
    const double *box = person->box;
    bool whole = box[2] <= 0 || box[3] <= 0;
    if (person->iscrowd ||
        (!whole && fmax(box[2], box[3]) < (double)job->o->smallest)) {
        keep_person(job, i);
        return SINEW_OK;
    }
    double lean =
        label_lean(job->set.skeleton, sinew_dataset_labels(&job->set, i));
    struct sinew_label known[SINEW_MAX_KEYPOINTS];
    struct label_hints hints = {known,
                                isnan(lean) ? 0 : job->set.skeleton->n_joints};
    memcpy(known, sinew_dataset_labels(&job->set, i),
           (size_t)hints.n * sizeof(*known));
    if (!whole) grow_box(job, i);
    struct label_found view = {.turn = isnan(lean) ? 0 : worth(job, lean)};
    if (!whole)
        view.box = (sinew_box){(float)box[0], (float)box[1], (float)box[2],
                               (float)box[3]};
    for (int t = 0; t < job->n; t++) {
        SINEW_TRY(ask(job, t, i, &view, &hints));
        if (view.box.width <= 0) break; /* nobody is there */
        found[t] = view;
        if (t == 0 && isnan(lean) && view.turn != 0) {
            view.turn = lean_of(job, &view);
            as_labels(job, 0, &view, known);
            hints.n = job->set.skeleton->n_joints;
        }
    }
    if (view.box.width <= 0) {
        job->bare++;
        return SINEW_OK;
    }
    merge_person(job, i, found, &view.box);
    if (whole) {
        person->box[0] = (double)view.box.x;
        person->box[1] = (double)view.box.y;
        person->box[2] = (double)view.box.width;
        person->box[3] = (double)view.box.height;
    }
    grow_box(job, i);
    if (person->area <= 0 || person->area_is_estimate)
        sinew_dataset_estimate_area(person);
fail:
    return status;
}

/* ---- all people ----------------------------------------------------------
 */

static sinew_status label_picture(struct label_job *job, int64_t p,
                                  struct progress *progress) {
    struct sinew_dataset_picture *picture = &job->set.pictures[p];
    job->have_image = false;
    job->read[p] = true;
    for (int64_t i = picture->first; i < picture->first + picture->n; i++) {
        sinew_status status = label_person(job, i);
        if (job->have_image && !picture->width) {
            picture->width = job->image.width;
            picture->height = job->image.height;
        }
        if (status == SINEW_OK) continue;
        if (job->have_image || status == SINEW_NOMEM) return status;
        progress_clear(progress);
        cli_error(job->cli, "%s", sinew_error_message());
        job->read[p] = false;
        job->broken++;
        break;
    }
    return SINEW_OK;
}

static sinew_status label_pictures(struct label_job *job) {
    sinew_status status = SINEW_OK;
    struct progress progress;
    const int64_t n = job->set.n_pictures;
    progress_init(&progress, job->cli, job->o->progress, "pictures");
    progress_begin(&progress, "label", 0, n);
    for (int64_t p = 0; p < n && status == SINEW_OK; p++) {
        status = label_picture(job, p, &progress);
        if (status == SINEW_OK && cli_interrupted())
            status = sinew_fail(SINEW_IO, "interrupted");
        progress_update(&progress, p + 1, n);
    }
    progress_end(&progress);
    return status;
}

/* Drops pictures that could not be read, and what was merged of their people.
 */
static void drop_broken(struct label_job *job) {
    const int joints = job->set.skeleton->n_joints;
    int64_t to = 0;
    for (int64_t p = 0; p < job->set.n_pictures; p++) {
        const struct sinew_dataset_picture *picture = &job->set.pictures[p];
        for (int64_t i = 0; job->read[p] && i < picture->n; i++, to++)
            memmove(job->merged + to * joints,
                    job->merged + (picture->first + i) * joints,
                    (size_t)joints * sizeof(*job->merged));
    }
    sinew_dataset_keep(&job->set, job->read);
}

static void close_job(struct label_job *job) {
    for (int t = 0; t < job->n; t++) {
        sinew_pose_close(&job->teachers[t].looker.pose);
        sinew_image_free(&job->teachers[t].looker.turned);
        sinew_free(job->teachers[t].name);
    }
    sinew_image_free(&job->image);
    sinew_free(job->folder);
    sinew_free(job->merged);
    sinew_free(job->read);
    sinew_dataset_free(&job->set);
}

sinew_status label_run(const struct cli *cli, const struct label_options *o) {
    sinew_status status;
    struct label_job job = {.cli = cli, .o = o};
    SINEW_TRY(out_check_free(o->out, o->force));
    SINEW_TRY(label_read_set(&job));
    SINEW_TRY(open_teachers(&job));
    SINEW_TRY(label_cache_open(&job.cache, o->cache));
    job.merged = sinew_alloc((uint64_t)job.set.n_persons *
                                 (uint64_t)job.set.skeleton->n_joints,
                             sizeof(*job.merged));
    job.read = sinew_alloc((uint64_t)job.set.n_pictures, sizeof(*job.read));
    if (!job.merged || !job.read) {
        status = SINEW_NOMEM;
        goto fail;
    }
    SINEW_TRY(label_pictures(&job));
    drop_broken(&job);
    SINEW_TRY(label_write(&job));
    if (!cli->quiet) label_tell(&job);
fail:
    if (label_cache_close(&job.cache) < 0 && status == SINEW_OK)
        status = SINEW_IO;
    close_job(&job);
    return status;
}
