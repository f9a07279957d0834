/*
 * httpd.c - a web server of one file for the tests of `sinew models pull`.
 *
 *     cli_httpd FILE HOW REQUESTS
 *
 * Listens on 127.0.0.1 at a free port, prints the port, answers that many
 * requests for FILE's name one after the other and ends. HOW:
 *   ranges   as a good server: 206 for a range, 416 for one past the end
 *   plain    knows no ranges: always 200 and the whole file
 *   cut      closes the connection in the middle
 *   stall    stops in the middle until the client goes away
 *   wrong    the right length, one byte changed
 *   long     one byte more than the file has
 *   missing  404
 *   redirect 302 to "/again/NAME" once, then as `ranges`
 * Each request's range is printed, "whole" or "from N".
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct file {
    char *bytes;
    long size;
};

static int load(struct file *file, const char *path) {
    FILE *in = fopen(path, "rb");
    if (!in) return 0;
    fseek(in, 0, SEEK_END);
    file->size = ftell(in);
    rewind(in);
    file->bytes = malloc((size_t)file->size + 1);
    int ok = file->bytes && fread(file->bytes, 1, (size_t)file->size, in) ==
                                (size_t)file->size;
    fclose(in);
    return ok;
}

static void send_all(int fd, const char *bytes, long size) {
    while (size > 0) {
        ssize_t put = send(fd, bytes, (size_t)size, MSG_NOSIGNAL);
        if (put <= 0) return;
        bytes += put;
        size -= put;
    }
}

static void head(int fd, const char *status, long length, const char *more) {
    char text[512];
    int n = snprintf(text, sizeof(text),
                     "HTTP/1.1 %s\r\nContent-Length: %ld\r\n%s"
                     "Connection: close\r\n\r\n",
                     status, length, more);
    send_all(fd, text, n);
}

static void send_range(int fd, const struct file *file, long from) {
    char more[96];
    if (from >= file->size) {
        snprintf(more, sizeof(more), "Content-Range: bytes */%ld\r\n",
                 file->size);
        head(fd, "416 Range Not Satisfiable", 0, more);
        return;
    }
    snprintf(more, sizeof(more), "Content-Range: bytes %ld-%ld/%ld\r\n", from,
             file->size - 1, file->size);
    head(fd, "206 Partial Content", file->size - from, more);
    send_all(fd, file->bytes + from, file->size - from);
}

static void answer(int fd, struct file *file, const char *how,
                   const char *request) {
    const char *range = strstr(request, "Range: bytes=");
    long from = range ? strtol(range + 13, NULL, 10) : 0;
    if (range)
        printf("from %ld\n", from);
    else
        printf("whole\n");
    fflush(stdout);
    if (!strcmp(how, "missing")) {
        head(fd, "404 Not Found", 0, "");
    } else if (!strcmp(how, "redirect") && !strstr(request, "/again/")) {
        char more[256];
        const char *name = strchr(request, '/');
        snprintf(more, sizeof(more), "Location: /again%.*s\r\n",
                 (int)strcspn(name, " "), name);
        head(fd, "302 Found", 0, more);
    } else if (range && strcmp(how, "plain") != 0) {
        send_range(fd, file, from);
    } else if (!strcmp(how, "long")) {
        head(fd, "200 OK", file->size + 1, "");
        send_all(fd, file->bytes, file->size + 1);
    } else {
        head(fd, "200 OK", file->size, "");
        bool half = !strcmp(how, "cut") || !strcmp(how, "stall");
        send_all(fd, file->bytes, half ? file->size / 2 : file->size);
        char byte;
        while (!strcmp(how, "stall") && recv(fd, &byte, 1, 0) > 0)
            continue;
    }
}

int main(int argc, char **argv) {
    struct file file;
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t size = sizeof(address);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int server = socket(AF_INET, SOCK_STREAM, 0);
    if (argc != 4 || !load(&file, argv[1]) || server < 0 ||
        bind(server, (struct sockaddr *)&address, sizeof(address)) < 0 ||
        listen(server, 8) < 0 ||
        getsockname(server, (struct sockaddr *)&address, &size) < 0) {
        perror("httpd");
        return 1;
    }
    file.bytes[file.size] = 0;
    if (!strcmp(argv[2], "wrong")) file.bytes[file.size / 2] ^= 1;
    printf("%d\n", ntohs(address.sin_port));
    fflush(stdout);
    for (int left = atoi(argv[3]); left > 0; left--) {
        char request[4096];
        int fd = accept(server, NULL, NULL);
        size_t n = 0;
        ssize_t got = 1;
        while (fd >= 0 && got > 0 && n < sizeof(request) - 1) {
            got = recv(fd, request + n, sizeof(request) - 1 - n, 0);
            if (got > 0) n += (size_t)got;
            request[n] = 0;
            if (strstr(request, "\r\n\r\n")) break;
        }
        if (fd < 0) break;
        answer(fd, &file, argv[2], request);
        shutdown(fd, SHUT_WR);
        close(fd);
    }
    free(file.bytes);
    close(server);
    return 0;
}
