/*
 * landmarks.c - keypoints regressed as coordinates, as BlazePose gives them.
 *
 * Bazarevsky et al., "BlazePose: On-device Real-time Body Pose tracking", 2020.
 * A landmark is x, y, z and the logits of being visible (not hidden) and
 * present (inside the picture). x and y count from the input's corner, half a
 * pixel before the centre of its first pixel. The score is the smallest of the
 * two probabilities and the network's own that it sees a person.
 */
#include <math.h>
#include "pose/vectors.h"

void sinew_landmarks_decode(const float *landmarks, int count, float present,
                            sinew_keypoint *keypoints) {
    for (int k = 0; k < count; k++, landmarks += 5) {
        float logit = landmarks[3] < landmarks[4] ? landmarks[3] : landmarks[4];
        float score = 1 / (1 + expf(-logit));
        keypoints[k] = (sinew_keypoint){landmarks[0] - .5f, landmarks[1] - .5f,
                                        score < present ? score : present};
    }
}
