/*
 * sound.h - the sound of one file copied, packet by packet, into another.
 */
#ifndef SINEW_MEDIA_SOUND_H
#define SINEW_MEDIA_SOUND_H

#include "media/libav.h"

struct sound {
    AVFormatContext *format; ///< the file it comes from; NULL = no sound
    AVStream *from, *to;
    AVPacket *packet;
    int64_t start; ///< its time at output time 0, microseconds
    bool pending;  ///< packet holds one not written yet
};

/* Opens the sound of `path` and adds a stream for it to `out`. No sound, or a
 * codec that container lacks, leaves format NULL and a line in `reason`. */
sinew_status sinew_sound_open(struct sound *sound, AVFormatContext *out,
                              const char *path, double start, char *reason,
                              size_t size) SINEW_NODISCARD;

/* Writes the packets that begin before `time`, seconds of output. */
sinew_status sinew_sound_copy(struct sound *sound, AVFormatContext *out,
                              double time) SINEW_NODISCARD;

void sinew_sound_close(struct sound *sound);

#endif
