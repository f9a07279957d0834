/*
 * checkpoint.c - saving a trainer and going on from what was saved.
 *
 * A file has the weights under their own names, so that other programs read it,
 * and beside them "ema.", "m." and "v." of each; notes say where the training
 * stood. A trainer is restored from a whole, checked file or not at all.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "train/trainer.h"
#include "wire/safetensors.h"

/* The vectors of a slot that are kept, and what goes before the name. */
enum { VECTORS = 4 };
static const char *const prefixes[VECTORS] = {"", "ema.", "m.", "v."};

static float *vector_of(const struct sinew_slot *slot, int k) {
    float *const vectors[VECTORS] = {slot->value, slot->ema, slot->m, slot->v};

    return vectors[k];
}

/* The trainer's own notes: numbers as text. */
static const char *const own_keys[] = {"trainer.optimizer", "trainer.steps",
                                       "trainer.passes", "trainer.seed"};
enum { OWN = sizeof own_keys / sizeof *own_keys };

/* ---- saving ---- */

static sinew_status add_tensors(const struct sinew_trainer *t,
                                struct sinew_safetensors *file) {
    uint64_t room = (uint64_t)t->prepared.n_trained * VECTORS;

    file->tensors = sinew_alloc(room, sizeof *file->tensors);
    if (!file->tensors)
        return SINEW_NOMEM;
    for (int k = 0; k < VECTORS; k++)
        for (int i = 0; i < t->prepared.n_trained; i++) {
            const struct sinew_trained *trained = &t->prepared.trained[i];
            struct sinew_safetensor *tensor = &file->tensors[file->n_tensors];
            if (!vector_of(&t->slots[i], k))
                continue;
            tensor->name = sinew_format("%s%s", prefixes[k], trained->name);
            if (!tensor->name)
                return SINEW_NOMEM;
            tensor->tensor = trained->shape;
            tensor->tensor.data = vector_of(&t->slots[i], k);
            file->n_tensors++;
        }
    return SINEW_OK;
}

static sinew_status add_note(struct sinew_safetensors *file, const char *key,
                             char *value) {
    struct sinew_safenote note = {sinew_strdup(key), value};

    if (!note.key || !note.value) {
        sinew_free((char *)(uintptr_t)note.key);
        sinew_free(value);
        return SINEW_NOMEM;
    }
    file->notes[file->n_notes++] = note;
    return SINEW_OK;
}

static sinew_status add_notes(const struct sinew_trainer *t,
                              struct sinew_safetensors *file) {
    sinew_status status;

    file->notes =
        sinew_alloc((uint64_t)t->n_notes + OWN, sizeof *file->notes);
    if (!file->notes)
        return SINEW_NOMEM;
    SINEW_TRY(add_note(file, own_keys[0],
                       sinew_strdup(sinew_optim_name(t->optim.kind))));
    SINEW_TRY(add_note(file, own_keys[1],
                       sinew_format("%lld", (long long)t->steps)));
    SINEW_TRY(add_note(file, own_keys[2],
                       sinew_format("%lld", (long long)t->drawn)));
    SINEW_TRY(add_note(file, own_keys[3],
                       sinew_format("%llu", (unsigned long long)t->seed)));
    for (int i = 0; i < t->n_notes; i++)
        SINEW_TRY(add_note(file, t->notes[i].key,
                           sinew_strdup(t->notes[i].value)));
fail:
    return status;
}

sinew_status sinew_trainer_save(const struct sinew_trainer *t,
                                const char *path) {
    struct sinew_safetensors file = {.n_tensors = 0};
    struct sinew_output *out = NULL;
    sinew_status status;

    SINEW_FAIL_IF(t->passes > 0, SINEW_INVALID,
                  "gradients are being accumulated: update first");
    SINEW_TRY(add_tensors(t, &file));
    SINEW_TRY(add_notes(t, &file));
    SINEW_TRY(sinew_output_open(&out, path, true));
    SINEW_TRY(sinew_safetensors_write(out, &file));
    SINEW_TRY(sinew_output_commit(&out));
fail:
    sinew_output_abort(&out);
    sinew_safetensors_release(&file);
    return status;
}

/* ---- restoring ---- */

/* The file's tensor for vector k of slot i, checked. */
static sinew_status find_vector(const struct sinew_trainer *t,
                                const struct sinew_safetensors *file, int i,
                                int k, const struct sinew_safetensor **found) {
    const struct sinew_trained *trained = &t->prepared.trained[i];
    char is[SINEW_SHAPE_TEXT], should[SINEW_SHAPE_TEXT];
    char *name = sinew_format("%s%s", prefixes[k], trained->name);
    sinew_status status = SINEW_OK;

    if (!name)
        return SINEW_NOMEM;
    *found = sinew_safetensors_find(file, name);
    SINEW_FAIL_IF(!*found, SINEW_NOTFOUND, "there is no '%s'", name);
    SINEW_FAIL_IF((*found)->tensor.dtype != SINEW_F32 ||
                      !sinew_tensor_same_shape(&(*found)->tensor,
                                               &trained->shape),
                  SINEW_SHAPE, "'%s' is %s, not %s", name,
                  sinew_tensor_text(&(*found)->tensor, is),
                  sinew_tensor_text(&trained->shape, should));
fail:
    sinew_free(name);
    return status;
}

/* All vectors there are: looked at, or with `copy` taken over. */
static sinew_status take_vectors(struct sinew_trainer *t,
                                 const struct sinew_safetensors *file,
                                 bool copy) {
    for (int i = 0; i < t->prepared.n_trained; i++)
        for (int k = 0; k < VECTORS; k++) {
            const struct sinew_safetensor *found;
            float *to = vector_of(&t->slots[i], k);
            if (!to)
                continue;
            sinew_status status = find_vector(t, file, i, k, &found);
            if (status < 0)
                return status;
            if (copy)
                memcpy(to, found->tensor.data,
                       (size_t)t->slots[i].count * sizeof(float));
        }
    return SINEW_OK;
}

/* Where the training stood. */
struct position {
    uint64_t steps, drawn, seed;
};

static sinew_status take_number(const struct sinew_safetensors *file,
                                const char *key, uint64_t most,
                                uint64_t *number) {
    const char *text = sinew_safetensors_note(file, key);
    const char *digit = text ? text : "";

    for (*number = 0; *digit >= '0' && *digit <= '9'; digit++) {
        uint64_t value = (uint64_t)(*digit - '0');
        if (*number > (most - value) / 10)
            break;
        *number = *number * 10 + value;
    }
    if (!text || digit == text || *digit)
        return sinew_fail(SINEW_FORMAT, "note '%s' is no number", key);
    return SINEW_OK;
}

static sinew_status take_position(const struct sinew_trainer *t,
                                  const struct sinew_safetensors *file,
                                  struct position *position) {
    const char *rule = sinew_safetensors_note(file, own_keys[0]);
    const char *own = sinew_optim_name(t->optim.kind);
    sinew_status status;

    SINEW_FAIL_IF(!rule, SINEW_NOTFOUND, "there is no note '%s'", own_keys[0]);
    SINEW_FAIL_IF(strcmp(rule, own) != 0, SINEW_INVALID,
                  "it was trained by '%.40s', not by '%s'", rule, own);
    SINEW_TRY(
        take_number(file, own_keys[1], INT64_MAX, &position->steps));
    SINEW_TRY(
        take_number(file, own_keys[2], INT64_MAX, &position->drawn));
    SINEW_TRY(
        take_number(file, own_keys[3], UINT64_MAX, &position->seed));
fail:
    return status;
}

/* The notes of others, in a list of their own until all are there. */
static sinew_status take_notes(struct sinew_trainer *t,
                               const struct sinew_safetensors *file) {
    struct sinew_trainer fresh = {.n_notes = 0};
    sinew_status status = SINEW_OK;

    for (int i = 0; i < file->n_notes && status == SINEW_OK; i++)
        if (strncmp(file->notes[i].key, "trainer.", 8) != 0)
            status = sinew_trainer_note(&fresh, file->notes[i].key,
                                        file->notes[i].value);
    if (status == SINEW_OK) {
        struct sinew_note *notes = t->notes;
        int n = t->n_notes, room = t->cap_notes;
        t->notes = fresh.notes;
        t->n_notes = fresh.n_notes;
        t->cap_notes = fresh.cap_notes;
        fresh.notes = notes;
        fresh.n_notes = n;
        fresh.cap_notes = room;
    }
    sinew_notes_release(&fresh);
    return status;
}

sinew_status sinew_trainer_restore(struct sinew_trainer *t,
                                   const char *path) {
    struct sinew_safetensors file = {.n_tensors = 0};
    struct position position;
    struct sinew_file bytes;
    sinew_status status = sinew_file_open(&bytes, path);

    if (status < 0)
        return status;
    SINEW_TRY(sinew_safetensors_read(&file, bytes.data, bytes.size));
    SINEW_TRY(take_position(t, &file, &position));
    SINEW_TRY(take_vectors(t, &file, false));
    SINEW_TRY(take_notes(t, &file));
    SINEW_TRY(take_vectors(t, &file, true));
    t->steps = (int64_t)position.steps;
    t->drawn = (int64_t)position.drawn;
    t->seed = position.seed;
    sinew_trainer_drop_gradients(t);
fail:
    sinew_safetensors_release(&file);
    sinew_file_close(&bytes);
    return status < 0 ? sinew_fail_in(status, "%s", path) : status;
}
