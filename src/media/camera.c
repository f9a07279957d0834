/*
 * camera.c - cameras by Video4Linux through libavdevice.
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <libavdevice/avdevice.h>
#include "media/libav.h"
#include "media/source.h"

#define DEMUXER "v4l2"

/* The devices there are; NULL, without an error, when there is none. */
static AVDeviceInfoList *list_devices(void) {
    sinew_av_init();
    AVDeviceInfoList *list = NULL;
    const AVInputFormat *format = av_find_input_format(DEMUXER);
    if (!format || avdevice_list_input_sources(format, NULL, NULL, &list) < 0)
        avdevice_free_list_devices(&list);
    (void)sinew_av_take_log();
    return list;
}

sinew_status sinew_camera_list(void (*each)(void *user, const char *spec,
                                            const char *name),
                               void *user) {
    AVDeviceInfoList *list = list_devices();
    for (int i = 0; list && i < list->nb_devices; i++) {
        const AVDeviceInfo *device = list->devices[i];
        char spec[300];
        int number, end = 0;
        if (sscanf(device->device_name, "/dev/video%d%n", &number, &end) == 1 &&
            device->device_name[end] == '\0')
            snprintf(spec, sizeof spec, "camera:%d", number);
        else
            snprintf(spec, sizeof spec, "camera:%s", device->device_name);
        each(user, spec, device->device_description);
    }
    avdevice_free_list_devices(&list);
    return SINEW_OK;
}

static bool holds_word(const char *text, const char *word) {
    const size_t length = strlen(word);
    for (; *text; text++)
        if (strncasecmp(text, word, length) == 0) return true;
    return false;
}

/* The device file that "0", "/dev/video0" or a part of a name stands for. */
static char *find_device(const char *which) {
    if (which[0] == '/') return sinew_strdup(which);
    if (which[0] && strspn(which, "0123456789") == strlen(which))
        return sinew_format("/dev/video%s", which);
    char *found = NULL;
    AVDeviceInfoList *list = list_devices();
    for (int i = 0; list && i < list->nb_devices && !found; i++)
        if (holds_word(list->devices[i]->device_description, which))
            found = sinew_strdup(list->devices[i]->device_name);
    avdevice_free_list_devices(&list);
    if (!found)
        sinew_fail(SINEW_NOTFOUND, "camera:%s: no camera of that name", which);
    return found;
}

static bool is_camera(const char *name) {
    return strncmp(name, "camera:", 7) == 0;
}

static sinew_status camera_open(struct leaf **leaf, const char *name,
                                const struct sinew_media_options *options) {
    AVDictionary *settings = NULL;
    char *device = find_device(name + 7);
    if (!device) return SINEW_NOTFOUND;
    if (options->camera_size)
        av_dict_set(&settings, "video_size", options->camera_size, 0);
    if (options->camera_rate > 0) {
        char rate[32];
        snprintf(rate, sizeof rate, "%ld/1000",
                 (long)(options->camera_rate * 1000 + 0.5));
        av_dict_set(&settings, "framerate", rate, 0);
    }
    const sinew_status status = sinew_video_open(
        leaf, name, device, DEMUXER, settings, SINEW_MEDIA_LIVE, options);
    sinew_free(device);
    return status;
}

const struct leaf_kind sinew_leaf_camera = {is_camera, camera_open};
