/*
 * pickle.c - Python's pickle machine, without the parts that run anything.
 *
 * A pickle is a program for a stack machine with a memory of values. Marks lie
 * on the stack as -1. Each instruction makes at most one value and one link for
 * each value it takes, so that memory is bounded by the size of the file.
 *
 * Source: the instructions' description in Python's Lib/pickletools.py.
 */
#include "wire/pickle.h"

#define MOST (1 << 26)
enum { MARK = -1 };

/* ---- memory ---------------------------------------------------------------
 */

static sinew_status room_for(void *array_pointer, int *room, int n,
                             size_t size) {
    void **array = array_pointer;
    if (n < *room) return SINEW_OK;
    if (n >= MOST)
        return sinew_fail(SINEW_LIMIT, "the pickle has too many values");
    int more = *room ? *room : 64;
    while (more <= n)
        more *= 2;
    void *larger = sinew_realloc(*array, (uint64_t)more, size);
    if (!larger) return SINEW_NOMEM;
    *array = larger;
    *room = more;
    return SINEW_OK;
}

static sinew_status push(struct sinew_pickle *p, int32_t value) {
    sinew_status status =
        room_for(&p->stack, &p->room_stack, p->n_stack, sizeof *p->stack);
    if (status == SINEW_OK) p->stack[p->n_stack++] = value;
    return status;
}

/* A new value on the stack. */
static sinew_status make(struct sinew_pickle *p, enum sinew_pickle_kind kind,
                         struct sinew_pickle_value **made) {
    sinew_status status =
        room_for(&p->values, &p->room_values, p->n_values, sizeof *p->values);
    if (status < 0) return status;
    struct sinew_pickle_value *value = &p->values[p->n_values];
    *value = (struct sinew_pickle_value){.kind = kind,
                                         .callee = -1,
                                         .args = -1,
                                         .state = -1,
                                         .first = -1,
                                         .last = -1};
    if (made) *made = value;
    return push(p, p->n_values++);
}

static sinew_status make_int(struct sinew_pickle *p, int64_t number) {
    struct sinew_pickle_value *value;
    sinew_status status = make(p, SINEW_PICKLE_INT, &value);
    if (status == SINEW_OK) value->number = number;
    return status;
}

static sinew_status make_text(struct sinew_pickle *p, struct sinew_span text) {
    struct sinew_pickle_value *value;
    sinew_status status = make(p, SINEW_PICKLE_TEXT, &value);
    if (status == SINEW_OK) value->text = text;
    return status;
}

static sinew_status malformed(void) {
    return sinew_fail(SINEW_FORMAT, "the pickle is malformed");
}

/* Takes the top value; a mark or an empty stack is malformed. */
static sinew_status pop(struct sinew_pickle *p, int32_t *value) {
    *value = -1;
    if (p->n_stack < 1 || p->stack[p->n_stack - 1] == MARK) return malformed();
    *value = p->stack[--p->n_stack];
    return SINEW_OK;
}

static sinew_status append(struct sinew_pickle *p, int32_t to, int32_t value) {
    sinew_status status =
        room_for(&p->links, &p->room_links, p->n_links, sizeof *p->links);
    if (status < 0) return status;
    struct sinew_pickle_value *container = &p->values[to];
    p->links[p->n_links] = (struct sinew_pickle_link){value, -1};
    if (container->last < 0)
        container->first = p->n_links;
    else
        p->links[container->last].next = p->n_links;
    container->last = p->n_links++;
    return SINEW_OK;
}

/* The top n values into a new tuple. */
static sinew_status make_tuple(struct sinew_pickle *p, int n) {
    sinew_status status;
    const int from = p->n_stack - n;
    SINEW_TRY(from < 0 ? malformed() : SINEW_OK);
    for (int i = from; i < p->n_stack; i++)
        SINEW_TRY(p->stack[i] == MARK ? malformed() : SINEW_OK);
    SINEW_TRY(make(p, SINEW_PICKLE_TUPLE, NULL));
    const int32_t tuple = p->stack[--p->n_stack];
    for (int i = from; i < p->n_stack; i++)
        SINEW_TRY(append(p, tuple, p->stack[i]));
    p->n_stack = from;
    status = push(p, tuple);
fail:
    return status;
}

/* How many values lie above the last mark; -1 when there is none. */
static int above_mark(const struct sinew_pickle *p) {
    for (int i = p->n_stack - 1; i >= 0; i--)
        if (p->stack[i] == MARK) return p->n_stack - 1 - i;
    return -1;
}

/* Appends the top n values to the container under them (and under the mark,
 * if `marked`), `unit` values at a time. */
static sinew_status extend(struct sinew_pickle *p, int n, bool marked,
                           int unit) {
    const int from = p->n_stack - n, under = from - 1 - marked;
    if (n < 0 || n % unit != 0 || under < 0 || p->stack[under] == MARK)
        return malformed();
    const int32_t to = p->stack[under];
    const enum sinew_pickle_kind kind = p->values[to].kind;
    if (kind != SINEW_PICKLE_CALL &&
        kind != (unit == 2 ? SINEW_PICKLE_DICT : SINEW_PICKLE_LIST))
        return malformed();
    for (int i = from; i < p->n_stack; i++) {
        if (p->stack[i] == MARK) return malformed();
        sinew_status status = append(p, to, p->stack[i]);
        if (status < 0) return status;
    }
    p->n_stack = under + 1;
    return SINEW_OK;
}

/* ---- memory of the machine -------------------------------------------------
 */

static sinew_status memoize(struct sinew_pickle *p, uint32_t at) {
    if (p->n_stack < 1 || p->stack[p->n_stack - 1] == MARK ||
        at > (uint32_t)p->n_values + 1)
        return malformed();
    sinew_status status =
        room_for(&p->memo, &p->room_memo, (int)at, sizeof *p->memo);
    if (status < 0) return status;
    while (p->n_memo <= (int)at)
        p->memo[p->n_memo++] = MARK;
    p->memo[at] = p->stack[p->n_stack - 1];
    return SINEW_OK;
}

static sinew_status recall(struct sinew_pickle *p, uint32_t at) {
    if (at >= (uint32_t)p->n_memo || p->memo[at] == MARK) return malformed();
    return push(p, p->memo[at]);
}

/* ---- calls -----------------------------------------------------------------
 */

/* The callee and its arguments (of NEWOBJ_EX also keywords, which are let go)
 * on top. */
static sinew_status call(struct sinew_pickle *p, bool keywords) {
    int32_t callee, args;
    struct sinew_pickle_value *value;
    sinew_status status;
    if (keywords) SINEW_TRY(pop(p, &args));
    SINEW_TRY(pop(p, &args));
    SINEW_TRY(pop(p, &callee));
    SINEW_TRY(make(p, SINEW_PICKLE_CALL, &value));
    value->callee = callee;
    value->args = args;
fail:
    return status;
}

static sinew_status build(struct sinew_pickle *p) {
    int32_t state;
    sinew_status status = pop(p, &state);
    if (status < 0) return status;
    if (p->n_stack < 1 || p->stack[p->n_stack - 1] == MARK) return malformed();
    p->values[p->stack[p->n_stack - 1]].state = state;
    return SINEW_OK;
}

static sinew_status persistent(struct sinew_pickle *p) {
    int32_t args;
    struct sinew_pickle_value *value;
    sinew_status status = pop(p, &args);
    if (status < 0) return status;
    status = make(p, SINEW_PICKLE_PERSISTENT, &value);
    if (status == SINEW_OK) value->args = args;
    return status;
}

/* A text up to the end of its line. */
static struct sinew_span get_line(struct sinew_cursor *cursor) {
    struct sinew_span line = {cursor->data, 0};
    while (!cursor->ended && sinew_get_u8(cursor) != '\n')
        line.size++;
    return line;
}

static sinew_status make_global(struct sinew_pickle *p,
                                struct sinew_span module,
                                struct sinew_span name) {
    struct sinew_pickle_value *value;
    sinew_status status = make(p, SINEW_PICKLE_GLOBAL, &value);
    if (status < 0) return status;
    value->text = module;
    value->name = name;
    return SINEW_OK;
}

static sinew_status stack_global(struct sinew_pickle *p) {
    int32_t module, name;
    sinew_status status;
    SINEW_TRY(pop(p, &name));
    SINEW_TRY(pop(p, &module));
    if (p->values[name].kind != SINEW_PICKLE_TEXT ||
        p->values[module].kind != SINEW_PICKLE_TEXT)
        return malformed();
    status = make_global(p, p->values[module].text, p->values[name].text);
fail:
    return status;
}

/* ---- the machine -----------------------------------------------------------
 */

/* Little-endian two's complement of any length; 0 when it does not fit. */
static int64_t to_int(struct sinew_span bytes) {
    uint64_t bits = 0;
    if (bytes.size == 0 || bytes.size > 8 || !bytes.data) return 0;
    for (size_t i = 0; i < bytes.size; i++)
        bits |= (uint64_t)bytes.data[i] << (8 * i);
    if (bytes.size < 8 && bytes.data[bytes.size - 1] & 0x80)
        bits |= ~(uint64_t)0 << (8 * bytes.size);
    return (int64_t)bits;
}

/* Values on their own. */
static sinew_status atom(struct sinew_pickle *p, struct sinew_cursor *c,
                         uint8_t op, bool *known) {
    switch (op) {
    case 'N':
        return make(p, SINEW_PICKLE_NONE, NULL);
    case 0x88: /* True */
    case 0x89: /* False */
        return make_int(p, op == 0x88);
    case 'J':
        return make_int(p, (int32_t)sinew_get_u32(c));
    case 'K':
        return make_int(p, sinew_get_u8(c));
    case 'M':
        return make_int(p, sinew_get_u16(c));
    case 0x8a: /* LONG1 */
        return make_int(p, to_int(sinew_get_span(c, sinew_get_u8(c))));
    case 0x8b: /* LONG4 */
        return make_int(p, to_int(sinew_get_span(c, sinew_get_u32(c))));
    case 'G':
        sinew_get_u64(c);
        return make(p, SINEW_PICKLE_FLOAT, NULL);
    case 'X': /* BINUNICODE */
    case 'T': /* BINSTRING */
    case 'B': /* BINBYTES */
        return make_text(p, sinew_get_span(c, sinew_get_u32(c)));
    case 'U':  /* SHORT_BINSTRING */
    case 'C':  /* SHORT_BINBYTES */
    case 0x8c: /* SHORT_BINUNICODE */
        return make_text(p, sinew_get_span(c, sinew_get_u8(c)));
    case 0x8d: /* BINUNICODE8 */
    case 0x8e: /* BINBYTES8 */
        return make_text(p, sinew_get_span(c, sinew_get_u64(c)));
    case ')':
        return make(p, SINEW_PICKLE_TUPLE, NULL);
    case ']':
    case 0x8f: /* EMPTY_SET */
        return make(p, SINEW_PICKLE_LIST, NULL);
    case '}':
        return make(p, SINEW_PICKLE_DICT, NULL);
    }
    *known = false;
    return SINEW_OK;
}

/* A tuple of all above the mark, which goes. */
static sinew_status close_tuple(struct sinew_pickle *p) {
    const int n = above_mark(p);
    sinew_status status = n < 0 ? malformed() : make_tuple(p, n);
    if (status < 0) return status;
    p->stack[p->n_stack - 2] = p->stack[p->n_stack - 1];
    p->n_stack--;
    return SINEW_OK;
}

static sinew_status compound(struct sinew_pickle *p, struct sinew_cursor *c,
                             uint8_t op) {
    struct sinew_span module;
    int32_t ignored;
    switch (op) {
    case 0x80: /* PROTO */
        return sinew_get_u8(c) > 5 ? sinew_fail(SINEW_UNSUPPORTED,
                                                "the pickle's protocol is new")
                                   : SINEW_OK;
    case 0x95: /* FRAME */
        sinew_get_u64(c);
        return SINEW_OK;
    case '(':
        return push(p, MARK);
    case '0':
        return pop(p, &ignored);
    case '1': /* POP_MARK */
        if (above_mark(p) < 0) return malformed();
        p->n_stack -= above_mark(p) + 1;
        return SINEW_OK;
    case '2': /* DUP */
        return p->n_stack < 1 || p->stack[p->n_stack - 1] == MARK
                   ? malformed()
                   : push(p, p->stack[p->n_stack - 1]);
    case 't':
    case 0x91: /* FROZENSET */
        return close_tuple(p);
    case 0x85: /* TUPLE1 to TUPLE3 */
    case 0x86:
    case 0x87:
        return make_tuple(p, op - 0x84);
    case 'a':
        return extend(p, 1, false, 1);
    case 'e':
    case 0x90: /* ADDITEMS */
        return extend(p, above_mark(p), true, 1);
    case 's':
        return extend(p, 2, false, 2);
    case 'u':
        return extend(p, above_mark(p), true, 2);
    case 'c':
        module = get_line(c);
        return make_global(p, module, get_line(c));
    case 0x93:
        return stack_global(p);
    case 'R':
    case 0x81: /* NEWOBJ */
    case 0x92: /* NEWOBJ_EX */
        return call(p, op == 0x92);
    case 'b':
        return build(p);
    case 'Q':
        return persistent(p);
    case 'q':
        return memoize(p, sinew_get_u8(c));
    case 'r':
        return memoize(p, sinew_get_u32(c));
    case 0x94: /* MEMOIZE */
        return memoize(p, (uint32_t)p->n_memo);
    case 'h':
        return recall(p, sinew_get_u8(c));
    case 'j':
        return recall(p, sinew_get_u32(c));
    }
    return sinew_fail(SINEW_UNSUPPORTED, "pickle instruction 0x%02x", op);
}

sinew_status sinew_pickle_read(struct sinew_pickle *p,
                               struct sinew_cursor *cursor, int32_t *root) {
    sinew_status status = SINEW_OK;
    p->n_stack = p->n_memo = 0;
    while (status == SINEW_OK) {
        bool known = true;
        const uint8_t op = sinew_get_u8(cursor);
        if (cursor->ended) break;
        if (op == '.') return pop(p, root);
        status = atom(p, cursor, op, &known);
        if (!known) status = compound(p, cursor, op);
    }
    return status < 0 && !cursor->ended
               ? status
               : sinew_fail(SINEW_FORMAT, "the pickle is truncated");
}

void sinew_pickle_free(struct sinew_pickle *p) {
    sinew_free(p->values);
    sinew_free(p->links);
    sinew_free(p->stack);
    sinew_free(p->memo);
    *p = (struct sinew_pickle){0};
}

/* ---- looking ---------------------------------------------------------------
 */

int32_t sinew_pickle_item(const struct sinew_pickle *p, int32_t value, int i) {
    if (value < 0) return -1;
    int32_t link = p->values[value].first;
    while (link >= 0 && i-- > 0)
        link = p->links[link].next;
    return link < 0 ? -1 : p->links[link].value;
}

bool sinew_pickle_is_global(const struct sinew_pickle *p, int32_t value,
                            const char *module, const char *name) {
    return value >= 0 && p->values[value].kind == SINEW_PICKLE_GLOBAL &&
           sinew_span_is(p->values[value].text, module) &&
           sinew_span_is(p->values[value].name, name);
}
