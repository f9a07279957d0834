/*
 * cmd_dataset.c - `sinew dataset`: what is in sets of labelled people, whether
 * their pictures can be read, other forms of them, and what they look like.
 */
#include <stdio.h>
#include <string.h>

#include "data/augment.h"
#include "data/sheet.h"
#include "data/stats.h"
#include "media/media.h"
#include "out.h"
#include "progress.h"

#define CELL         256 /* pixels a side of a picture on the sheet */
#define SAMPLE_WIDTH 192

static const char *const actions[] = {"info", "check", "convert", "draw", NULL};
enum action { ACTION_INFO, ACTION_CHECK, ACTION_CONVERT, ACTION_DRAW };

struct dataset_options {
    struct common_options common;
    struct opt_list images;
    const char *format, *to, *weights, *output;
    int64_t count, first, seed, stage;
    bool augment, force;
    int progress;
};

#define AT(field) offsetof(struct dataset_options, field)

static const struct opt options[] = {
    {.type = OPT_GROUP, .help = "Data"},
    {.type = OPT_LIST,
     .name = "images",
     .letter = 'i',
     .offset = AT(images),
     .arg = "DIR",
     .help = "folder of the pictures, once for each FILE or once for all; "
             "that of the labels when not given",
     .complete = OPT_DIR},
    {.type = OPT_TEXT,
     .name = "format",
     .offset = AT(format),
     .arg = "NAME",
     .help = "form of the labels, when the content does not tell: coco, aic, "
             "mpii, mpii-mat or lsp-mat"},
    {.type = OPT_TEXT,
     .name = "to",
     .offset = AT(to),
     .arg = "SET",
     .help = "map onto these keypoints: coco17, halpe26, mpii16, aic14, "
             "lsp14 ...; what a set lacks is not labelled"},
    {.type = OPT_TEXT,
     .name = "weights",
     .offset = AT(weights),
     .arg = "LIST",
     .help = "how often an epoch shows each FILE, by commas; 1 when not "
             "given"},
    {.type = OPT_GROUP, .help = "Output"},
    {.type = OPT_TEXT,
     .name = "output",
     .letter = 'o',
     .offset = AT(output),
     .arg = "FILE",
     .help = "convert: COCO JSON; draw: a picture, the sheet",
     .complete = OPT_FILE},
    {.type = OPT_INT,
     .name = "count",
     .letter = 'n',
     .offset = AT(count),
     .arg = "N",
     .fallback = "16",
     .min = 1,
     .max = 400,
     .help = "draw: people on the sheet"},
    {.type = OPT_INT,
     .name = "first",
     .offset = AT(first),
     .arg = "N",
     .fallback = "0",
     .max = SINEW_DATASET_MAX,
     .help = "draw: the first of them, from 0"},
    {.type = OPT_FLAG,
     .name = "augment",
     .letter = 'a',
     .offset = AT(augment),
     .help = "draw: people as training sees them, cut out, moved, coloured "
             "and partly hidden at random"},
    {.type = OPT_INT,
     .name = "stage",
     .offset = AT(stage),
     .arg = "N",
     .fallback = "1",
     .min = 1,
     .max = 2,
     .help = "of --augment: 2 is that of the last epochs"},
    {.type = OPT_INT,
     .name = "seed",
     .offset = AT(seed),
     .arg = "N",
     .fallback = "0",
     .max = 1e15,
     .help = "of --augment",
     .env = true},
    {.type = OPT_FLAG,
     .name = "force",
     .letter = 'f',
     .offset = AT(force),
     .help = "replace files that exist"},
    {.type = OPT_CHOICE,
     .name = "progress",
     .offset = AT(progress),
     .fallback = "auto",
     .choices = progress_modes,
     .help = "how far it is, on standard error",
     .env = true},
    COMMON_OPTIONS};

/* ---- reading ------------------------------------------------------------ */

/* The next number of a list by commas; 1 past its end. */
static bool next_weight(const char **text, double *weight) {
    char number[32];
    *weight = 1;
    if (!*text || !**text) return true;
    size_t n = strcspn(*text, ",");
    if (n == 0 || n >= sizeof(number)) return false;
    memcpy(number, *text, n);
    number[n] = 0;
    *text += n + ((*text)[n] == ',');
    return opt_read_number(number, weight);
}

static sinew_status read_sets(struct sinew_dataset *all,
                              const struct dataset_options *o, int n,
                              char **files) {
    sinew_status status = SINEW_OK;
    const struct sinew_skeleton *to = o->to ? sinew_skeleton_find(o->to) : NULL;
    const char *weights = o->weights;
    struct sinew_dataset set = {0};
    SINEW_FAIL_IF(o->to && !to, SINEW_NOTFOUND,
                  "--to %s: there is no such set of keypoints", o->to);
    all->skeleton = to;
    for (int i = 0; i < n; i++) {
        const struct opt_list *dirs = &o->images;
        const char *images = dirs->count == 0  ? NULL
                             : i < dirs->count ? dirs->items[i]
                                               : dirs->items[dirs->count - 1];
        double weight;
        SINEW_FAIL_IF(!next_weight(&weights, &weight), SINEW_INVALID,
                      "--weights %s: should be numbers, by commas", o->weights);
        SINEW_TRY(sinew_dataset_read(&set, files[i], images, o->format));
        SINEW_TRY(sinew_dataset_add(all, &set, weight));
        sinew_dataset_free(&set);
    }
fail:
    sinew_dataset_free(&set);
    return status;
}

/* ---- info --------------------------------------------------------------- */

static sinew_status print_info(const struct sinew_dataset *set) {
    struct sinew_dataset_stats s;
    sinew_status status = sinew_dataset_count(&s, set);
    if (status < 0) return status;
    printf("keypoints    %s (%d)\n", set->skeleton->name,
           set->skeleton->n_joints);
    printf("pictures     %lld, %lld without people\n", (long long)s.pictures,
           (long long)s.empty_pictures);
    printf("people       %lld, %lld labelled, %lld crowds\n",
           (long long)s.persons, (long long)s.labelled, (long long)s.crowds);
    printf("areas        %lld are estimates from the box\n",
           (long long)s.estimates);
    printf("boxes        %lld empty; longer side %.0f to %.0f, median %.0f "
           "pixels\n",
           (long long)s.empty_boxes, s.side[0], s.side[2], s.side[1]);
    printf("labels       %.1f a person\n", s.mean_labels);
    if (set->skipped)
        printf("left out     %lld people without labels\n",
               (long long)set->skipped);
    printf("\n%-20s %10s %7s %8s %8s\n", "joint", "labelled", "share", "hidden",
           "outside");
    for (int k = 0; k < set->skeleton->n_joints; k++) {
        const struct sinew_joint_stats *joint = &s.joints[k];
        printf("%-20s %10lld %6.1f%% %8lld %8lld\n",
               set->skeleton->joints[k].name, (long long)joint->labelled,
               s.labelled ? 100 * (double)joint->labelled / (double)s.labelled
                          : 0.,
               (long long)joint->hidden, (long long)joint->outside);
    }
    return SINEW_OK;
}

/* ---- check -------------------------------------------------------------- */

static void keep_warning(void *user, const char *text) {
    snprintf(user, 256, "%s", text);
}

/* Reads a picture and says what is wrong with it; true when nothing is. */
static bool check_picture(const struct sinew_dataset_picture *picture,
                          sinew_image *image) {
    char warning[256] = "";
    const struct sinew_still_options how = {.warn = keep_warning,
                                            .user = warning};
    struct sinew_still_info info;
    if (sinew_still_read(image, picture->path, &how, &info) < 0) {
        printf("%s\n", sinew_error_message());
        return false;
    }
    if (warning[0])
        printf("%s\n", warning);
    else if (picture->width &&
             (picture->width != info.width || picture->height != info.height))
        printf("%s: is %d x %d, not %d x %d as labelled\n", picture->path,
               (int)info.width, (int)info.height, (int)picture->width,
               (int)picture->height);
    else
        return true;
    return false;
}

/* Gives the number of pictures with something wrong. */
static int64_t check_pictures(const struct cli *cli,
                              const struct dataset_options *o,
                              const struct sinew_dataset *set) {
    struct progress progress;
    sinew_image image = {0};
    int64_t broken = 0;
    progress_init(&progress, cli, o->progress, "pictures");
    progress_begin(&progress, "check", 0, set->n_pictures);
    for (int64_t i = 0; i < set->n_pictures && !cli_interrupted(); i++) {
        broken += !check_picture(&set->pictures[i], &image);
        progress_update(&progress, i + 1, set->n_pictures);
    }
    progress_end(&progress);
    sinew_image_free(&image);
    printf("%lld of %lld pictures are broken\n", (long long)broken,
           (long long)set->n_pictures);
    return broken;
}

/* ---- draw --------------------------------------------------------------- */

/* The person's surroundings, with everything that is labelled drawn on it. */
static sinew_status draw_person(struct sinew_draw *draw,
                                struct sinew_sheet *sheet, int cell,
                                const struct sinew_dataset *set, int64_t i) {
    const struct sinew_dataset_person *person = &set->persons[i];
    const struct sinew_dataset_picture *picture =
        &set->pictures[person->picture];
    const double *box = person->box;
    sinew_image image = {0};
    sinew_status status = sinew_still_read(&image, picture->path, NULL, NULL);
    if (status < 0) return status;
    SINEW_TRY(sinew_labels_draw(draw, &image, set->skeleton,
                                sinew_dataset_labels(set, i), box, NULL));
    sinew_image part = sinew_sheet_around(&image, box);
    status = sinew_sheet_put(sheet, cell, &part);
fail:
    sinew_image_free(&image);
    return status;
}

/* The person as a training sample, its labels drawn on it. */
static sinew_status draw_sample(struct sinew_draw *draw,
                                struct sinew_sheet *sheet, int cell,
                                const struct sinew_dataset *set, int64_t i,
                                const struct dataset_options *o) {
    const struct sinew_dataset_person *person = &set->persons[i];
    struct sinew_augment how;
    struct sinew_sample sample = {0};
    struct sinew_rng rng;
    sinew_image image = {0};
    sinew_status status;
    sinew_augment_init(&how, SAMPLE_WIDTH, CELL);
    if (o->stage == 2) sinew_augment_settle(&how);
    sinew_rng_stream(&rng, (uint64_t)o->seed, sinew_augment_stream(0, i));
    SINEW_TRY(sinew_still_read(&image, set->pictures[person->picture].path,
                               NULL, NULL));
    SINEW_TRY(sinew_augment_sample(&sample, &how, set->skeleton, &image, NULL,
                                   sinew_dataset_labels(set, i), person->box,
                                   &rng));
    SINEW_TRY(sinew_labels_draw(draw, &sample.image, set->skeleton,
                                sample.labels, NULL, NULL));
    SINEW_TRY(sinew_sheet_put(sheet, cell, &sample.image));
fail:
    sinew_sample_free(&sample);
    sinew_image_free(&image);
    return status;
}

static bool any_labelled(const struct sinew_dataset *set) {
    for (int64_t i = 0; i < set->n_persons; i++)
        if (set->persons[i].labelled) return true;
    return false;
}

static sinew_status draw_sheet(const struct cli *cli,
                               const struct dataset_options *o,
                               const struct sinew_dataset *set) {
    sinew_status status;
    struct sinew_draw *draw = NULL;
    struct sinew_sheet sheet = {0};
    int cell = 0;
    const bool bare = !any_labelled(set); /* a set still to be labelled */
    SINEW_TRY(out_check_free(o->output, o->force));
    SINEW_TRY(sinew_draw_create(&draw));
    SINEW_TRY(sinew_sheet_create(&sheet, (int)o->count, CELL));
    for (int64_t i = o->first; i < set->n_persons && cell < o->count; i++) {
        if (!set->persons[i].labelled && !bare) continue;
        status = o->augment ? draw_sample(draw, &sheet, cell, set, i, o)
                            : draw_person(draw, &sheet, cell, set, i);
        if (status == SINEW_OK)
            cell++;
        else if (status == SINEW_NOMEM)
            goto fail;
        else
            cli_error(cli, "%s", sinew_error_message());
    }
    SINEW_FAIL_IF(cell == 0, SINEW_NOTFOUND, "nobody to draw");
    SINEW_TRY(sinew_still_write(o->output, &sheet.image, 0, o->force));
fail:
    sinew_sheet_free(&sheet);
    sinew_draw_free(&draw);
    return status;
}

/* ---- the command ----------------------------------------------------------
 */

static sinew_status act(const struct cli *cli, const struct dataset_options *o,
                        enum action action, int n, char **files,
                        int64_t *broken) {
    struct sinew_dataset set = {0};
    sinew_status status = read_sets(&set, o, n, files);
    if (status == SINEW_OK) switch (action) {
        case ACTION_INFO:
            status = print_info(&set);
            break;
        case ACTION_CHECK:
            *broken = check_pictures(cli, o, &set);
            break;
        case ACTION_CONVERT:
            status = sinew_dataset_write(
                &set, o->output, o->images.count ? o->images.items[0] : NULL,
                NULL, o->force);
            break;
        case ACTION_DRAW:
            status = draw_sheet(cli, o, &set);
            break;
        }
    sinew_dataset_free(&set);
    return status;
}

static int run(struct cli *cli, const void *data, int n, char **operands) {
    const struct dataset_options *o = data;
    int64_t broken = 0;
    int action = 0;
    while (actions[action] && strcmp(actions[action], operands[0]) != 0)
        action++;
    if (!actions[action])
        return cli_usage(cli,
                         "there is no '%s'; what there is: info, check, "
                         "convert, draw",
                         operands[0]);
    if (action >= ACTION_CONVERT && !o->output)
        return cli_usage(cli, "%s: --output FILE is missing", operands[0]);
    if (act(cli, o, (enum action)action, n - 1, operands + 1, &broken) < 0)
        return cli_failed(cli);
    int code = cli_interrupted();
    return code ? code : broken ? CODE_FAILED : CODE_DONE;
}

static const struct operand operands[] = {
    {"ACTION", "info, check, convert or draw", OPT_ANY, actions},
    {"FILE",
     "labels: COCO, COCO-WholeBody, Halpe, CrowdPose, AI Challenger or MPII "
     "JSON, MPII or Leeds Sports Pose .mat; several are mixed",
     OPT_FILE, NULL},
    {NULL, NULL, OPT_ANY, NULL}};

static const struct example examples[] = {
    {"sinew dataset info dev.json", "count people and labels by joint"},
    {"sinew dataset check train.json -i train",
     "read every picture and name those that are broken"},
    {"sinew dataset convert mpii.mat -i images --to halpe26 -o mpii26.json",
     "another form, and other keypoints"},
    {"sinew dataset draw dev.json -i dev -n 25 -o sheet.png",
     "look at people and their labels"},
    {"sinew dataset draw train.json -i train --augment -o sheet.png",
     "the same as a network sees them in training"},
    {NULL, NULL}};

const struct command command_dataset = {
    .name = "dataset",
    .help = "look at, check and convert sets of labelled people",
    .synopsis = "ACTION FILE...",
    .text =
        "info counts pictures, people and labels, by joint; a label is "
        "outside when it lies beyond the picture. check reads every picture, "
        "names those that are missing, damaged or of another size than the "
        "labels say, and exits with 1 when there are any. convert writes COCO "
        "JSON. draw puts people with their labels and boxes on one sheet.\n\n"
        "Several files become one set, with the keypoints of the first or of "
        "--to: keypoints are matched by their place on the body, those the "
        "target lacks are dropped and those a file lacks are not labelled.",
    .operands = operands,
    .min_operands = 2,
    .max_operands = -1,
    .options = options,
    .options_size = sizeof(struct dataset_options),
    .examples = examples,
    .run = run,
};
