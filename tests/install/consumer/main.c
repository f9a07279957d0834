/*
 * A program of somebody else: links against an installed libsinew, checks that
 * header and library are of one version, and that a failure comes back as text.
 */
#include <stdio.h>
#include <string.h>
#include <sinew/runtime.h>

int main(void) {
    sinew_graph *graph = NULL;

    if (strcmp(sinew_version(), SINEW_VERSION_STRING) != 0) return 1;
    if (sinew_graph_load(&graph, "absent.onnx") != SINEW_IO || graph) return 1;
    if (!strstr(sinew_error_message(), "absent.onnx")) return 1;
    puts(sinew_version());
    return 0;
}
