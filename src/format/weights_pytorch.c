/*
 * weights_pytorch.c - tensors of PyTorch's files (.pth, .pt): a state
 * dictionary, however deep in a checkpoint, or a whole pickled module.
 *
 *   since 1.6   a ZIP archive: NAME/data.pkl, and NAME/data/KEY for each
 *               storage
 *   before      pickles of a magic number, the protocol, the machine, the
 *               object, the keys; then for each key a count and the storage
 *
 * In both the object's pickle stands for a storage by a persistent
 * ('storage', class, key, device, count), and makes a tensor by
 * torch._utils._rebuild_tensor_v2(storage, offset, sizes, strides, ...).
 * Nothing is run (wire/pickle.h): of a module the dictionaries _parameters,
 * _buffers and _modules are followed.
 *
 * Numbers that are not floating and scalars are no weights and are left out.
 */
#include <stdio.h>
#include "format/weights.h"
#include "wire/pickle.h"
#include "wire/zip.h"

enum { DEEPEST = 40, LONGEST = 400, MOST_VISITS = 1 << 20 };

static const struct {
    const char *name;
    int32_t dtype; ///< SINEW_NONE: read, but no weight
    int bytes;
} storages[] = {
    {"FloatStorage", SINEW_F32, 4},  {"HalfStorage", SINEW_F16, 2},
    {"DoubleStorage", SINEW_F64, 8}, {"BFloat16Storage", SINEW_BF16, 2},
    {"LongStorage", SINEW_NONE, 8},  {"IntStorage", SINEW_NONE, 4},
    {"ShortStorage", SINEW_NONE, 2}, {"CharStorage", SINEW_NONE, 1},
    {"ByteStorage", SINEW_NONE, 1},  {"BoolStorage", SINEW_NONE, 1},
};

struct file {
    struct sinew_weights *set;
    struct sinew_pickle pickle;
    struct sinew_names keys;   ///< of storages
    struct sinew_span *blocks; ///< their bytes, by number
    int room;
    char path[LONGEST];
    int visits;
    uint64_t left; ///< numbers that may still be made
};

/* ---- storages --------------------------------------------------------------
 */

static sinew_status add_storage(struct file *file, struct sinew_span key,
                                struct sinew_span block) {
    if (sinew_names_find(&file->keys, key) >= 0)
        return sinew_fail(SINEW_FORMAT, "a storage comes twice");
    if (file->keys.n == file->room) {
        const int room = file->room ? 2 * file->room : 64;
        struct sinew_span *blocks =
            sinew_realloc(file->blocks, (uint64_t)room, sizeof *blocks);
        if (!blocks) return SINEW_NOMEM;
        file->blocks = blocks;
        file->room = room;
    }
    const int at = sinew_names_add(&file->keys, key);
    if (at < 0) return SINEW_NOMEM;
    file->blocks[at] = block;
    return SINEW_OK;
}

/* The type of the storage that a persistent id asks for, -1 when unknown. */
static int storage_type(const struct file *file, int32_t id) {
    const struct sinew_pickle *p = &file->pickle;
    const int32_t type = sinew_pickle_item(p, id, 1);
    for (int i = 0; i < (int)(sizeof storages / sizeof *storages); i++)
        if (sinew_pickle_is_global(p, type, "torch", storages[i].name))
            return i;
    return -1;
}

static bool is_kind(const struct file *file, int32_t value,
                    enum sinew_pickle_kind kind) {
    return value >= 0 && file->pickle.values[value].kind == kind;
}

/* ---- tensors ---------------------------------------------------------------
 */

/* Up to SINEW_MAX_RANK numbers of a tuple; -1 when it is none. */
static int read_ints(const struct file *file, int32_t tuple, int64_t *to) {
    int n = 0;
    int32_t item;
    if (!is_kind(file, tuple, SINEW_PICKLE_TUPLE)) return -1;
    while ((item = sinew_pickle_item(&file->pickle, tuple, n)) >= 0) {
        if (n == SINEW_MAX_RANK || !is_kind(file, item, SINEW_PICKLE_INT))
            return -1;
        to[n++] = file->pickle.values[item].number;
    }
    return n;
}

struct view {
    struct sinew_span block;
    int32_t dtype;
    int bytes, rank;
    int64_t offset, dims[SINEW_MAX_RANK], steps[SINEW_MAX_RANK];
};

/* Whether all of a view lies in its storage; the number of its elements. */
static bool lies_within(const struct view *view, int64_t *count) {
    const int64_t most = (int64_t)(view->block.size / (size_t)view->bytes);
    int64_t last = view->offset;
    *count = 1;
    if (view->offset < 0 || view->offset > most) return false;
    for (int d = 0; d < view->rank; d++) {
        const int64_t n = view->dims[d], step = view->steps[d];
        if (n < 1 || n > most || step < 0 || step > most) return false;
        last += (n - 1) * step;
        *count *= n;
        if (last >= most || *count > most) return false;
    }
    return last < most;
}

static void copy_view(float *to, const struct view *view, int64_t count) {
    int64_t at[SINEW_MAX_RANK] = {0};
    for (int64_t i = 0; i < count; i++) {
        int64_t from = view->offset;
        for (int d = 0; d < view->rank; d++)
            from += at[d] * view->steps[d];
        sinew_weights_fill(to + i, view->block.data + from * view->bytes,
                           view->dtype, 1);
        for (int d = view->rank - 1; d >= 0 && ++at[d] == view->dims[d]; d--)
            at[d] = 0;
    }
}

static bool is_dense(const struct view *view) {
    int64_t step = 1;
    bool dense = true;
    for (int d = view->rank - 1; d >= 0; d--) {
        dense = dense && (view->dims[d] == 1 || view->steps[d] == step);
        step *= view->dims[d];
    }
    return dense;
}

static sinew_status bad_tensor(const struct file *file) {
    return sinew_fail(SINEW_FORMAT, "tensor '%s' is malformed", file->path);
}

/* The tensor of the arguments of _rebuild_tensor_v2. */
static sinew_status add_tensor(struct file *file, int32_t args) {
    const struct sinew_pickle *p = &file->pickle;
    const int32_t storage = sinew_pickle_item(p, args, 0);
    const int32_t offset = sinew_pickle_item(p, args, 1);
    struct view view = {0};
    int64_t count;
    if (!is_kind(file, storage, SINEW_PICKLE_PERSISTENT) ||
        !is_kind(file, offset, SINEW_PICKLE_INT))
        return bad_tensor(file);
    const int32_t id = p->values[storage].args;
    const int32_t key = sinew_pickle_item(p, id, 2);
    const int type = storage_type(file, id);
    if (!is_kind(file, key, SINEW_PICKLE_TEXT)) return bad_tensor(file);
    view.rank = read_ints(file, sinew_pickle_item(p, args, 2), view.dims);
    if (view.rank < 0 ||
        view.rank != read_ints(file, sinew_pickle_item(p, args, 3), view.steps))
        return bad_tensor(file);
    if (type < 0 || storages[type].dtype == SINEW_NONE || view.rank == 0)
        return SINEW_OK;
    const int block = sinew_names_find(&file->keys, p->values[key].text);
    if (block < 0) return bad_tensor(file);
    view.block = file->blocks[block];
    view.dtype = storages[type].dtype;
    view.bytes = storages[type].bytes;
    view.offset = p->values[offset].number;
    if (!lies_within(&view, &count)) return bad_tensor(file);
    if ((uint64_t)count > file->left)
        return sinew_fail(SINEW_LIMIT, "too many tensors share a storage");
    file->left -= (uint64_t)count;
    float *data = sinew_weights_add(
        file->set,
        (struct sinew_span){(const uint8_t *)file->path, strlen(file->path)},
        view.rank, view.dims);
    if (!data) return bad_tensor(file);
    if (is_dense(&view))
        sinew_weights_fill(data, view.block.data + view.offset * view.bytes,
                           view.dtype, count);
    else
        copy_view(data, &view, count);
    return SINEW_OK;
}

/* ---- what holds them --------------------------------------------------------
 */

static sinew_status visit(struct file *file, int32_t value, int depth);

/* Puts ".key" behind the path; false when the key is neither text nor number or
 * the path gets too long. */
static bool enter(struct file *file, int32_t key, size_t used) {
    const struct sinew_pickle_value *k = &file->pickle.values[key];
    char *to = file->path + used;
    const size_t room = sizeof file->path - used;
    const char *dot = used ? "." : "";
    int n = -1;
    if (k->kind == SINEW_PICKLE_INT)
        n = snprintf(to, room, "%s%lld", dot, (long long)k->number);
    else if (k->kind == SINEW_PICKLE_TEXT && k->text.size < LONGEST)
        n = snprintf(to, room, "%s%.*s", dot, (int)k->text.size,
                     (const char *)k->text.data);
    return n >= 0 && (size_t)n < room;
}

/* Keys and values of a dictionary. With `only` the values of those keys alone,
 * and the keys are no part of the names. */
static sinew_status visit_dict(struct file *file, int32_t dict,
                               const char *const *only, int depth) {
    const struct sinew_pickle *p = &file->pickle;
    const size_t used = strlen(file->path);
    sinew_status status = SINEW_OK;
    for (int32_t link = p->values[dict].first;
         status == SINEW_OK && link >= 0;) {
        const int32_t key = p->links[link].value;
        link = p->links[link].next;
        if (link < 0) break;
        const int32_t value = p->links[link].value;
        link = p->links[link].next;
        bool follow = !only;
        for (int i = 0; only && only[i]; i++)
            follow = follow || (is_kind(file, key, SINEW_PICKLE_TEXT) &&
                                sinew_span_is(p->values[key].text, only[i]));
        if (follow && !only) follow = enter(file, key, used);
        if (follow) status = visit(file, value, depth + 1);
        file->path[used] = '\0';
    }
    return status;
}

static sinew_status visit_list(struct file *file, int32_t list, int depth) {
    const struct sinew_pickle *p = &file->pickle;
    const size_t used = strlen(file->path);
    sinew_status status = SINEW_OK;
    int i = 0;
    for (int32_t link = p->values[list].first; status == SINEW_OK && link >= 0;
         link = p->links[link].next) {
        snprintf(file->path + used, sizeof file->path - used, "%s%d",
                 used ? "." : "", i++);
        status = visit(file, p->links[link].value, depth + 1);
        file->path[used] = '\0';
    }
    return status;
}

static sinew_status visit_call(struct file *file, int32_t call, int depth) {
    static const char *const module[] = {"_parameters", "_buffers", "_modules",
                                         NULL};
    const struct sinew_pickle *p = &file->pickle;
    const struct sinew_pickle_value *value = &p->values[call];
    if (sinew_pickle_is_global(p, value->callee, "torch._utils",
                               "_rebuild_tensor_v2"))
        return add_tensor(file, value->args);
    if (sinew_pickle_is_global(p, value->callee, "torch._utils",
                               "_rebuild_parameter"))
        return visit(file, sinew_pickle_item(p, value->args, 0), depth + 1);
    if (sinew_pickle_is_global(p, value->callee, "collections", "OrderedDict"))
        return visit_dict(file, call, NULL, depth);
    if (is_kind(file, value->state, SINEW_PICKLE_DICT))
        return visit_dict(file, value->state, module, depth);
    return SINEW_OK;
}

static sinew_status visit(struct file *file, int32_t value, int depth) {
    if (value < 0) return SINEW_OK;
    if (depth > DEEPEST || ++file->visits > MOST_VISITS)
        return sinew_fail(SINEW_LIMIT, "containers lie too deep in each other");
    switch (file->pickle.values[value].kind) {
    case SINEW_PICKLE_DICT:
        return visit_dict(file, value, NULL, depth);
    case SINEW_PICKLE_TUPLE:
    case SINEW_PICKLE_LIST:
        return visit_list(file, value, depth);
    case SINEW_PICKLE_CALL:
        return visit_call(file, value, depth);
    default:
        return SINEW_OK;
    }
}

/* ---- the two kinds of files -------------------------------------------------
 */

static const uint8_t zip_start[4] = {'P', 'K', 3, 4};
/* A pickle of protocol 2 that is a number of ten bytes: the magic one. */
static const uint8_t old_start[4] = {0x80, 2, 0x8a, 10};

/* What follows the first '/' of an archive's name. */
static struct sinew_span inner_name(struct sinew_span name) {
    size_t at = 0;
    while (at < name.size && name.data[at] != '/')
        at++;
    return at == name.size
               ? (struct sinew_span){name.data, 0}
               : (struct sinew_span){name.data + at + 1, name.size - at - 1};
}

static sinew_status read_archive(struct file *file, struct sinew_span bytes,
                                 int32_t *root) {
    static const char folder[] = "data/";
    struct sinew_zip zip;
    struct sinew_span pickle = {0};
    sinew_status status;
    SINEW_TRY(sinew_zip_open(&zip, bytes));
    while (sinew_zip_next(&zip)) {
        struct sinew_span name = inner_name(zip.name);
        const size_t size = sizeof folder - 1;
        SINEW_FAIL_IF(zip.packed, SINEW_UNSUPPORTED,
                      "the archive is compressed");
        SINEW_FAIL_IF(sinew_span_is(name, "byteorder") &&
                          !sinew_span_is(zip.data, "little"),
                      SINEW_UNSUPPORTED, "its numbers are big-endian");
        if (sinew_span_is(name, "data.pkl")) pickle = zip.data;
        if (name.size > size && memcmp(name.data, folder, size) == 0) {
            name = (struct sinew_span){name.data + size, name.size - size};
            SINEW_TRY(add_storage(file, name, zip.data));
        }
    }
    SINEW_FAIL_IF(zip.bad, SINEW_FORMAT, "the archive is malformed");
    SINEW_FAIL_IF(!pickle.data, SINEW_FORMAT, "no data.pkl in the archive");
    struct sinew_cursor cursor = sinew_cursor_open(pickle.data, pickle.size);
    status = sinew_pickle_read(&file->pickle, &cursor, root);
fail:
    return status;
}

/* Bytes of an element of the storage of that key, by whatever asked for it; 0
 * when nothing did. */
static int element_size(const struct file *file, struct sinew_span key) {
    const struct sinew_pickle *p = &file->pickle;
    for (int i = 0; i < p->n_values; i++) {
        const struct sinew_pickle_value *value = &p->values[i];
        if (value->kind != SINEW_PICKLE_PERSISTENT) continue;
        const int32_t asked = sinew_pickle_item(p, value->args, 2);
        const int type = storage_type(file, value->args);
        if (type >= 0 && is_kind(file, asked, SINEW_PICKLE_TEXT) &&
            sinew_span_same(p->values[asked].text, key))
            return storages[type].bytes;
    }
    return 0;
}

static sinew_status read_old(struct file *file, struct sinew_span bytes,
                             int32_t *root) {
    struct sinew_cursor cursor = sinew_cursor_open(bytes.data, bytes.size);
    struct sinew_pickle *p = &file->pickle;
    int32_t ignored, keys;
    sinew_status status;
    for (int i = 0; i < 3; i++)
        SINEW_TRY(sinew_pickle_read(p, &cursor, &ignored));
    SINEW_TRY(sinew_pickle_read(p, &cursor, root));
    SINEW_TRY(sinew_pickle_read(p, &cursor, &keys));
    SINEW_FAIL_IF(p->values[keys].kind != SINEW_PICKLE_LIST, SINEW_FORMAT,
                  "there is no list of storages");
    for (int32_t link = p->values[keys].first; link >= 0;
         link = p->links[link].next) {
        const struct sinew_pickle_value *key = &p->values[p->links[link].value];
        const uint64_t count = sinew_get_u64(&cursor);
        SINEW_FAIL_IF(key->kind != SINEW_PICKLE_TEXT, SINEW_FORMAT,
                      "a storage has no key");
        const int size = element_size(file, key->text);
        SINEW_FAIL_IF(!size || count > cursor.left / (size_t)size, SINEW_FORMAT,
                      "truncated in a storage");
        SINEW_TRY(add_storage(file, key->text,
                              sinew_get_span(&cursor, count * (uint64_t)size)));
    }
fail:
    return status;
}

static sinew_status read_file(struct sinew_weights *set, const uint8_t *bytes,
                              size_t size) {
    const struct sinew_span all = {bytes, size};
    struct file *file = sinew_alloc(1, sizeof *file);
    int32_t root = -1;
    sinew_status status;
    if (!file) return SINEW_NOMEM;
    set->order = SINEW_ORDER_OIHW;
    file->set = set;
    file->left = (uint64_t)size * 4;
    SINEW_TRY(memcmp(bytes, zip_start, sizeof zip_start) == 0
                  ? read_archive(file, all, &root)
                  : read_old(file, all, &root));
    status = visit(file, root, 0);
fail:
    sinew_pickle_free(&file->pickle);
    sinew_names_free(&file->keys);
    sinew_free(file->blocks);
    sinew_free(file);
    return status;
}

static bool probe(const uint8_t *bytes, size_t size) {
    return size > sizeof zip_start &&
           (memcmp(bytes, zip_start, sizeof zip_start) == 0 ||
            memcmp(bytes, old_start, sizeof old_start) == 0);
}

const struct sinew_weight_format sinew_weight_format_pytorch = {
    "PyTorch", probe, read_file};
