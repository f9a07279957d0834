/*
 * sound.c - stream copy: packets keep their bytes and get their times moved so
 * that the first video frame is at 0. What begins earlier is left out.
 */
#include <math.h>
#include <stdio.h>
#include "media/sound.h"

static const char *find_sound(struct sound *sound, const AVOutputFormat *to,
                              const char *path) {
    char *url = sinew_format("file:%s", path);
    if (!url) return "out of memory";
    const int code = avformat_open_input(&sound->format, url, NULL, NULL);
    sinew_free(url);
    if (code < 0 || avformat_find_stream_info(sound->format, NULL) < 0)
        return "cannot be opened";
    const int number =
        av_find_best_stream(sound->format, AVMEDIA_TYPE_AUDIO, -1, -1, NULL, 0);
    if (number < 0) return "";
    for (unsigned i = 0; i < sound->format->nb_streams; i++)
        if (i != (unsigned)number)
            sound->format->streams[i]->discard = AVDISCARD_ALL;
    sound->from = sound->format->streams[number];
    if (avformat_query_codec(to, sound->from->codecpar->codec_id,
                             FF_COMPLIANCE_NORMAL) != 1)
        return "the container cannot hold this sound";
    return NULL;
}

sinew_status sinew_sound_open(struct sound *sound, AVFormatContext *out,
                              const char *path, double start, char *reason,
                              size_t size) {
    *sound = (struct sound){.start = llrint(start * AV_TIME_BASE)};
    const char *text = find_sound(sound, out->oformat, path);
    (void)sinew_av_take_log();
    snprintf(reason, size, "%s", text ? text : "");
    if (text) {
        sinew_sound_close(sound);
        return SINEW_OK;
    }
    sound->packet = av_packet_alloc();
    sound->to = avformat_new_stream(out, NULL);
    if (!sound->packet || !sound->to ||
        avcodec_parameters_copy(sound->to->codecpar, sound->from->codecpar) <
            0) {
        sinew_sound_close(sound);
        return sinew_fail(SINEW_NOMEM, "%s: out of memory", path);
    }
    sound->to->codecpar->codec_tag = 0;
    sound->to->time_base = sound->from->time_base;
    return SINEW_OK;
}

/* Sees to it that a packet is pending; false at the end. */
static bool next_packet(struct sound *sound) {
    while (!sound->pending) {
        AVPacket *packet = sound->packet;
        if (av_read_frame(sound->format, packet) < 0) return false;
        if (packet->stream_index != sound->from->index) {
            av_packet_unref(packet);
            continue;
        }
        const AVRational base = sound->from->time_base;
        const int64_t shift = av_rescale_q(sound->start, AV_TIME_BASE_Q, base);
        if (packet->pts == AV_NOPTS_VALUE) packet->pts = packet->dts;
        if (packet->dts == AV_NOPTS_VALUE) packet->dts = packet->pts;
        packet->pts -= shift;
        packet->dts -= shift;
        sound->pending =
            packet->pts >= 0 && packet->dts >= 0; /* no time is negative too */
        if (!sound->pending) av_packet_unref(packet);
    }
    return true;
}

sinew_status sinew_sound_copy(struct sound *sound, AVFormatContext *out,
                              double time) {
    while (sound->format && next_packet(sound)) {
        AVPacket *packet = sound->packet;
        if ((double)packet->dts * av_q2d(sound->from->time_base) >= time)
            return SINEW_OK;
        sound->pending = false;
        av_packet_rescale_ts(packet, sound->from->time_base,
                             sound->to->time_base);
        packet->stream_index = sound->to->index;
        packet->pos = -1;
        const int code = av_interleaved_write_frame(out, packet);
        if (code < 0) return sinew_av_fail(code, "sound", "cannot write");
    }
    return SINEW_OK;
}

void sinew_sound_close(struct sound *sound) {
    av_packet_free(&sound->packet);
    avformat_close_input(&sound->format);
}
