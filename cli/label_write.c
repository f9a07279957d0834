/*
 * label_write.c - the labels as COCO JSON, with where each comes from in fields
 * of its own, and how many there are.
 */
#include "data/json.h"
#include "label.h"

static void note_set(void *user, struct sinew_bytes *out) {
    const struct label_job *job = user;
    json_add(out, "\"teachers\":[");
    for (int t = 0; t < job->n; t++) {
        json_add(out, t ? ",{\"name\":" : "{\"name\":");
        json_add_string(out, job->teachers[t].name);
        json_add(out, ",\"min_score\":");
        json_add_number(out, (double)job->rules.least[t], 3);
        json_add(out, ",\"sure\":");
        json_add_number(out, (double)job->rules.sure[t], 3);
        json_add(out, "}");
    }
    json_add(out, "],\"rules\":{\"agree\":");
    json_add_number(out, job->o->agree, 4);
    json_add(out, ",\"accord\":");
    json_add_number(out, job->o->accord, 3);
    json_add(out, ",\"contradict\":");
    json_add_number(out, job->o->contradict, 4);
    json_add(out, "},\n");
}

static void note_person(void *user, struct sinew_bytes *out, int64_t person) {
    const struct label_job *job = user;
    const int joints = job->set.skeleton->n_joints;
    const struct sinew_merged *merged = job->merged + person * joints;
    json_add(out, ",\"label_origin\":\"");
    for (int k = 0; k < joints; k++)
        json_add(out, "%c", sinew_origin_letter(merged[k].origin));
    json_add(out, "\",\"label_teachers\":[");
    for (int k = 0; k < joints; k++)
        json_add(out, "%s%u", k ? "," : "", (unsigned)merged[k].teachers);
    json_add(out, "],\"label_score\":[");
    for (int k = 0; k < joints; k++)
        json_add(out, "%s%.3g", k ? "," : "", (double)merged[k].score);
    json_add(out, "],\"label_spread\":[");
    for (int k = 0; k < joints; k++)
        json_add(out, "%s%.3g", k ? "," : "", (double)merged[k].spread);
    json_add(out, "]");
}

void label_tell(const struct label_job *job) {
    const struct sinew_dataset *set = &job->set;
    const int joints = set->skeleton->n_joints;
    printf("%-20s %8s %8s %8s %8s\n", "joint", "human", "teachers", "derived",
           "refused");
    for (int k = 0; k < joints; k++) {
        long long counts[SINEW_ORIGIN_REFUSED + 1] = {0};
        for (int64_t i = 0; i < set->n_persons; i++)
            counts[job->merged[i * joints + k].origin]++;
        printf("%-20s %8lld %8lld %8lld %8lld\n", set->skeleton->joints[k].name,
               counts[SINEW_ORIGIN_HUMAN], counts[SINEW_ORIGIN_TEACHERS],
               counts[SINEW_ORIGIN_DERIVED], counts[SINEW_ORIGIN_REFUSED]);
    }
    printf("%lld pictures, %lld people; %lld pictures could not be read, in "
           "%lld nobody was found\n",
           (long long)set->n_pictures, (long long)set->n_persons,
           (long long)job->broken, (long long)job->bare);
}

sinew_status label_write(struct label_job *job) {
    const struct sinew_dataset_notes notes = {job, note_set, note_person};
    return sinew_dataset_write(&job->set, job->o->out, job->folder, &notes,
                               job->o->force);
}
