/*
 * pose_skeleton.c - the keypoint sets hold together and map onto each other as
 * published; sets of one's own are read, and refused, as they should.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>
#include "base/base.h"
#include "pose/skeleton.h"

static void sets_hold_together(void **state) {
    (void)state;
    const struct sinew_skeleton *set;
    int n_sets = 0;
    for (; (set = sinew_skeleton_at(n_sets)) != NULL; n_sets++) {
        assert_ptr_equal(sinew_skeleton_find(set->name), set);
        assert_in_range(set->n_joints, 2, SINEW_MAX_KEYPOINTS);
        assert_true(set->n_edges > 0 && set->title[0]);
        uint64_t ids = 0;
        for (int i = 0; i < set->n_joints; i++) {
            const struct sinew_joint *joint = &set->joints[i];
            assert_in_range(joint->flip, 0, set->n_joints - 1);
            const struct sinew_joint *other = &set->joints[joint->flip];
            assert_int_equal(other->flip, i);
            assert_int_equal(joint->flip == i,
                             joint->side == SINEW_SIDE_CENTRE);
            if (joint->flip != i)
                assert_int_equal(joint->side + other->side,
                                 SINEW_SIDE_LEFT + SINEW_SIDE_RIGHT);
            assert_int_equal(sinew_side_of_name(joint->name), joint->side);
            assert_int_equal(sinew_part_find(joint->name), joint->part);
            assert_int_equal(sinew_skeleton_part(set, joint->part), i);
            assert_true(joint->sigma > 0 && joint->sigma < .2f);
            assert_in_range(joint->id, 0, set->n_joints - 1);
            ids |= (uint64_t)1 << joint->id;
            for (int j = 0; j < i; j++)
                assert_string_not_equal(set->joints[j].name, joint->name);
        }
        assert_true(ids == ((uint64_t)1 << set->n_joints) - 1);
        for (int e = 0; e < set->n_edges; e++) {
            assert_in_range(set->edges[e][0], 0, set->n_joints - 1);
            assert_in_range(set->edges[e][1], 0, set->n_joints - 1);
            assert_int_not_equal(set->edges[e][0], set->edges[e][1]);
        }
    }
    assert_int_equal(n_sets, 13);
    assert_null(sinew_skeleton_at(-1));
    assert_null(sinew_skeleton_find("coco"));
}

static void check_map(const char *from, const char *to, const int *pairs,
                      int n_pairs) {
    int index[SINEW_MAX_KEYPOINTS], want[SINEW_MAX_KEYPOINTS];
    const struct sinew_skeleton *source = sinew_skeleton_find(from);
    const struct sinew_skeleton *target = sinew_skeleton_find(to);
    assert_non_null(source);
    assert_non_null(target);
    for (int i = 0; i < target->n_joints; i++)
        want[i] = -1;
    for (int i = 0; i < n_pairs; i++)
        want[pairs[2 * i + 1]] = pairs[2 * i];
    sinew_skeleton_map(target, source, index);
    for (int i = 0; i < target->n_joints; i++)
        if (index[i] != want[i])
            fail_msg("%s to %s: joint %d is %d, not %d", from, to, i, index[i],
                     want[i]);
}

/* The tables MMPose trains its 26-point networks with, and EfficientPose's to
 * MPII's own order. */
static void sets_map_as_published(void **state) {
    (void)state;
    const int mpii[] = {0, 16, 1,  14, 2,  12, 3,  11, 4,  13, 5,  15, 8,  18,
                        9, 17, 10, 10, 11, 8,  12, 6,  13, 5,  14, 7,  15, 9};
    const int aic[] = {0, 6,  1, 8,  2, 10, 3,  5,  4,  7,  5,  9,  6,  12,
                       7, 14, 8, 16, 9, 11, 10, 13, 11, 15, 12, 17, 13, 18};
    const int lsp[] = {0, 16, 1, 14, 2, 12, 3,  11, 4,  13, 5,  15, 6,  10,
                       7, 8,  8, 6,  9, 5,  10, 7,  11, 9,  12, 18, 13, 17};
    const int cpm[] = {12, 0, 13, 1, 0, 2, 1, 3,  2, 4,  3,  5,  4,  6,
                       5,  7, 6,  8, 7, 9, 8, 10, 9, 11, 10, 12, 11, 13};
    const int own[] = {9, 0, 8, 1, 12, 2, 11, 3, 10, 4, 7,  5, 13, 6, 14, 7, 15,
                       8, 6, 9, 2, 10, 1, 11, 0, 12, 3, 13, 4, 14, 5, 15};
    const int blaze[] = {0,  0,  2,  1,  5,  2,  7,  3,  8,  4,  11,
                         5,  12, 6,  13, 7,  14, 8,  15, 9,  16, 10,
                         23, 11, 24, 12, 25, 13, 26, 14, 27, 15, 28,
                         16, 29, 24, 30, 25, 31, 20, 32, 21};
    int coco[34];
    for (int i = 0; i < 17; i++)
        coco[2 * i] = coco[2 * i + 1] = i;
    check_map("mpii16", "halpe26", mpii, 14);
    check_map("aic14", "halpe26", aic, 14);
    check_map("lsp14", "halpe26", lsp, 14);
    check_map("lsp14", "coco17", lsp, 12);
    check_map("aic14", "cpm14", cpm, 14);
    check_map("mpii16", "efficientpose16", own, 16);
    check_map("blazepose33", "halpe26", blaze, 21);
    check_map("coco17", "halpe26", coco, 17);
    /* The ids of the last two say the same. */
    const struct sinew_skeleton *set = sinew_skeleton_find("efficientpose16");
    for (int i = 0; i < 16; i++)
        assert_int_equal(set->joints[own[2 * i + 1]].id, own[2 * i]);
    set = sinew_skeleton_find("cpm14");
    for (int i = 0; i < 14; i++)
        assert_int_equal(set->joints[cpm[2 * i + 1]].id, cpm[2 * i]);
}

static int side_of(const char *set, int a, int b) {
    const struct sinew_skeleton *skeleton = sinew_skeleton_find(set);
    for (int i = 0; i < skeleton->n_edges; i++) {
        sinew_edge edge = sinew_skeleton_edge(skeleton, i);
        if (edge.a == a && edge.b == b) return edge.side;
    }
    fail_msg("%s has no edge %d-%d", set, a, b);
    return -1;
}

static void edges_have_sides(void **state) {
    (void)state;
    assert_int_equal(side_of("coco17", 7, 9), SINEW_SIDE_LEFT);
    assert_int_equal(side_of("coco17", 14, 12), SINEW_SIDE_RIGHT);
    assert_int_equal(side_of("coco17", 5, 6), SINEW_SIDE_CENTRE);
    assert_int_equal(side_of("halpe26", 18, 5), SINEW_SIDE_LEFT);
    assert_int_equal(side_of("halpe26", 12, 19), SINEW_SIDE_RIGHT);
    assert_int_equal(side_of("halpe26", 17, 18), SINEW_SIDE_CENTRE);
}

static void names_say_sides(void **state) {
    (void)state;
    assert_int_equal(sinew_side_of_name("l_knee"), SINEW_SIDE_LEFT);
    assert_int_equal(sinew_side_of_name("knee_right"), SINEW_SIDE_RIGHT);
    assert_int_equal(sinew_side_of_name("RightKnee"), SINEW_SIDE_CENTRE);
    assert_int_equal(sinew_side_of_name("lumbar"), SINEW_SIDE_CENTRE);
    assert_int_equal(sinew_side_of_name("l"), SINEW_SIDE_CENTRE);
    assert_int_equal(sinew_side_of_name(""), SINEW_SIDE_CENTRE);
    assert_int_equal(sinew_part_find("tail"), SINEW_PART_NONE);
    assert_int_equal(
        sinew_skeleton_part(sinew_skeleton_find("coco17"), SINEW_PART_NONE),
        -1);
}

/* Every set becomes texts and comes back the same. */
static void texts_come_back(void **state) {
    (void)state;
    const struct sinew_skeleton *set;
    for (int s = 0; (set = sinew_skeleton_at(s)) != NULL; s++) {
        char *text[] = {
            sinew_skeleton_joint_text(set), sinew_skeleton_pair_text(set),
            sinew_skeleton_edge_text(set), sinew_skeleton_sigma_text(set)};
        struct sinew_skeleton *own;
        assert_int_equal(sinew_skeleton_parse(&own, "own", text[0], text[1],
                                              text[2], text[3]),
                         SINEW_OK);
        assert_int_equal(own->n_joints, set->n_joints);
        assert_int_equal(own->n_edges, set->n_edges);
        for (int i = 0; i < own->n_joints; i++) {
            const struct sinew_joint *a = &own->joints[i];
            const struct sinew_joint *b = &set->joints[i];
            assert_string_equal(a->name, b->name);
            assert_int_equal(a->part, b->part);
            assert_int_equal(a->side, b->side);
            assert_int_equal(a->flip, b->flip);
            assert_float_equal(a->sigma, b->sigma, 0);
        }
        assert_memory_equal(own->edges, set->edges,
                            sizeof(int32_t[2]) * (size_t)own->n_edges);
        sinew_skeleton_free(&own);
        assert_null(own);
        for (int i = 0; i < 4; i++)
            sinew_free(text[i]);
    }
}

static void spaces_and_defaults_are_allowed(void **state) {
    (void)state;
    struct sinew_skeleton *own;
    assert_int_equal(sinew_skeleton_parse(&own, "horse",
                                          " nose , left_knee,right_knee,tail",
                                          "1-2 ", " 0-1 , 0-2,2-3", NULL),
                     SINEW_OK);
    assert_string_equal(own->name, "horse");
    assert_string_equal(own->joints[0].name, "nose");
    assert_float_equal(own->joints[0].sigma, .026f, 0);
    assert_float_equal(own->joints[3].sigma, .05f, 0);
    assert_int_equal(own->joints[1].flip, 2);
    assert_int_equal(own->joints[3].flip, 3);
    assert_int_equal(own->n_edges, 3);
    sinew_skeleton_free(&own);
}

static void nonsense_is_refused(void **state) {
    (void)state;
    static const struct {
        const char *joints, *pairs, *edges, *sigmas, *says;
    } wrong[] = {
        {"", "", "", NULL, "no name"},
        {"a,,b", "", "", NULL, "keypoint 1 has no name"},
        {"a, ", "", "", NULL, "keypoint 1 has no name"},
        {"a,b,a", "", "", NULL, "'a' is there twice"},
        {"a,b", "0-2", "", NULL, "below 2"},
        {"a,b", "0-1,1-0", "", NULL, "twice"},
        {"a,b", "0-0", "", NULL, "twice"},
        {"a,b", "0", "", NULL, "flip pairs '0'"},
        {"a,b", "0-1 0-1", "", NULL, "comma"},
        {"a,b", "", "0-99999999999", NULL, "skeleton"},
        {"a,b", "", "x-1", NULL, "skeleton 'x-1'"},
        {"a,b", "", "", "0.1", "2 sigmas"},
        {"a,b", "", "", "0.1,0.1,0.1", "2 sigmas"},
        {"a,b", "", "", "0.1,0", "sigma 1"},
        {"a,b", "", "", "0.1,nan", "sigma 1"},
    };
    struct sinew_skeleton *own;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        assert_int_equal(sinew_skeleton_parse(&own, "own", wrong[i].joints,
                                              wrong[i].pairs, wrong[i].edges,
                                              wrong[i].sigmas),
                         SINEW_FORMAT);
        assert_null(own);
        if (!strstr(sinew_error_message(), wrong[i].says))
            fail_msg("'%s' does not say '%s'", sinew_error_message(),
                     wrong[i].says);
    }
    char many[4 * (SINEW_MAX_KEYPOINTS + 1) + 1] = "";
    for (int i = 0; i <= SINEW_MAX_KEYPOINTS; i++) {
        char *to = many + 4 * i;
        to[0] = (char)('a' + i / 26);
        to[1] = (char)('a' + i % 26);
        to[2] = ' ';
        to[3] = i < SINEW_MAX_KEYPOINTS ? ',' : '\0';
    }
    assert_int_equal(sinew_skeleton_parse(&own, "own", many, "", "", NULL),
                     SINEW_LIMIT);
    many[4 * SINEW_MAX_KEYPOINTS - 1] = '\0';
    assert_int_equal(sinew_skeleton_parse(&own, "own", many, "", "", NULL),
                     SINEW_OK);
    sinew_skeleton_free(&own);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sets_hold_together),
        cmocka_unit_test(sets_map_as_published),
        cmocka_unit_test(edges_have_sides),
        cmocka_unit_test(names_say_sides),
        cmocka_unit_test(texts_come_back),
        cmocka_unit_test(spaces_and_defaults_are_allowed),
        cmocka_unit_test(nonsense_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
