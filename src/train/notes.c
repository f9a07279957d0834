/*
 * notes.c - words a checkpoint carries.
 */
#include <string.h>
#include "train/trainer.h"

static struct sinew_note *find(const struct sinew_trainer *t,
                               const char *key) {
    for (int i = 0; i < t->n_notes; i++)
        if (strcmp(t->notes[i].key, key) == 0)
            return &t->notes[i];
    return NULL;
}

const char *sinew_trainer_noted(const struct sinew_trainer *t,
                                const char *key) {
    const struct sinew_note *note = find(t, key);

    return note ? note->value : NULL;
}

void sinew_notes_release(struct sinew_trainer *t) {
    for (int i = 0; i < t->n_notes; i++) {
        sinew_free(t->notes[i].key);
        sinew_free(t->notes[i].value);
    }
    sinew_free(t->notes);
    t->notes = NULL;
    t->n_notes = t->cap_notes = 0;
}

static void remove_note(struct sinew_trainer *t, struct sinew_note *note) {
    sinew_free(note->key);
    sinew_free(note->value);
    *note = t->notes[--t->n_notes];
}

sinew_status sinew_trainer_note(struct sinew_trainer *t, const char *key,
                                const char *value) {
    struct sinew_note *note = find(t, key), fresh = {0};
    sinew_status status = SINEW_OK;

    SINEW_FAIL_IF(strncmp(key, "trainer.", 8) == 0, SINEW_INVALID,
                  "'%s' is the trainer's own", key);
    if (!value) {
        if (note)
            remove_note(t, note);
        return SINEW_OK;
    }
    fresh.key = sinew_strdup(key);
    fresh.value = sinew_strdup(value);
    if (!fresh.key || !fresh.value ||
        (!note && !sinew_grow(&t->notes, &t->cap_notes, t->n_notes + 1,
                              sizeof *t->notes))) {
        status = SINEW_NOMEM;
        goto fail;
    }
    if (!note) {
        t->notes[t->n_notes++] = fresh;
        return SINEW_OK;
    }
    /* in its place: files of the same notes are the same bytes */
    sinew_free(note->key);
    sinew_free(note->value);
    *note = fresh;
    return SINEW_OK;
fail:
    sinew_free(fresh.key);
    sinew_free(fresh.value);
    return status;
}
