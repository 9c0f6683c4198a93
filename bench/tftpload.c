/* tftpload: many phones read files over TFTP at once (one process, one epoll).
 *
 *   cc -O2 -o tftpload tftpload.c
 *   tftpload -h 127.0.0.1 -p 6969 -c 256 -n 5000 -d DIR -f 'p2048_%d.cfg' -F 64 \
 *            [-o blksize=1428,tsize,windowsize=8,timeout=2] [-t SECONDS] [-v]
 *
 * A closed loop: -c transfers are kept in flight until -n have been started. Each comes from a
 * fresh socket, as from a phone of its own; follows the server's transfer id; and compares every
 * octet with the file on disk. The last line of output is one JSON object. Exit status 1 when a
 * transfer failed, was lost or brought wrong bytes; 2 when it could not start.
 *
 * Loopback only: a server outside 127.0.0.0/8 is refused.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { RRQ = 1, DATA = 3, ACK = 4, ERROR = 5, OACK = 6 };
enum { NAME_SPACE = 64, REQUEST_SPACE = 512, BATCH = 16, EVENTS = 256 };

struct file {
    char name[NAME_SPACE];
    unsigned char *octets;
    size_t size;
};

/* One transfer. Those in flight form a ring in order of their last progress, oldest first, so
 * that time-outs are found by looking at the front. */
struct transfer {
    struct transfer *before, *after;
    int fd;
    struct file *file;
    uint64_t started, progress;     /* nanoseconds */
    int answered;                   /* the server's transfer id is known */
    uint16_t server_port;
    uint32_t wanted;                /* next block, not wrapped */
    uint64_t offset;
    uint32_t block_size, window, in_window;
    int gap_told;                   /* a missing block of this window has been acknowledged once */
    int repeats;
    int last_size;                  /* the last packet sent, for repeating */
    unsigned char last[REQUEST_SPACE];
};

static struct {
    struct sockaddr_in server;
    const char *folder, *pattern;
    int phones, files, block_size, window, timeout_option, ask_size;
    long transfers;
    int patience_ms, repeats, seconds, verbose;
} options = { .folder = ".", .pattern = "f%d", .phones = 1, .files = 1, .transfers = 100,
              .patience_ms = 1000, .repeats = 6, .seconds = 60 };

static struct {
    long started, done, failed, errors, repeats, duplicates, gaps, mismatches, strangers, oacks;
    uint64_t octets, packets_in, packets_out;
} count;

static struct file *files;
static uint64_t *latency;
static int poller, active;
static struct transfer ring = { .before = &ring, .after = &ring, .fd = -1 };
static unsigned char packet[65536];

static void start_transfer(struct transfer *t);

static uint64_t now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000ull + t.tv_nsec;
}

static void die(const char *what)
{
    perror(what);
    exit(2);
}

/* --- the ring of transfers in flight ------------------------------------------------------- */

static void leave_ring(struct transfer *t)
{
    t->before->after = t->after;
    t->after->before = t->before;
}

static void join_ring(struct transfer *t)
{
    t->before = ring.before;
    t->after = &ring;
    ring.before->after = t;
    ring.before = t;
}

static void made_progress(struct transfer *t)
{
    t->progress = now();
    t->repeats = 0;
    leave_ring(t);
    join_ring(t);
}

/* --- sending -------------------------------------------------------------------------------- */

static void send_last(struct transfer *t)
{
    struct sockaddr_in to = options.server;
    if (t->answered)
        to.sin_port = t->server_port;
    count.packets_out++;
    sendto(t->fd, t->last, t->last_size, 0, (struct sockaddr *)&to, sizeof to);
}

static void prepare_ack(struct transfer *t, uint32_t block)
{
    t->last[0] = 0;
    t->last[1] = ACK;
    t->last[2] = block >> 8;
    t->last[3] = block;
    t->last_size = 4;
}

static void send_ack(struct transfer *t, uint32_t block)
{
    prepare_ack(t, block);
    send_last(t);
}

static void add_word(struct transfer *t, const char *word)
{
    int size = strlen(word) + 1;
    memcpy(t->last + t->last_size, word, size);
    t->last_size += size;
}

static void add_option(struct transfer *t, const char *name, int value)
{
    char digits[16];
    snprintf(digits, sizeof digits, "%d", value);
    add_word(t, name);
    add_word(t, digits);
}

static void send_request(struct transfer *t)
{
    t->last[0] = 0;
    t->last[1] = RRQ;
    t->last_size = 2;
    add_word(t, t->file->name);
    add_word(t, "octet");
    if (options.block_size)
        add_option(t, "blksize", options.block_size);
    if (options.ask_size)
        add_option(t, "tsize", 0);
    if (options.window)
        add_option(t, "windowsize", options.window);
    if (options.timeout_option)
        add_option(t, "timeout", options.timeout_option);
    send_last(t);
}

/* --- a transfer's life ---------------------------------------------------------------------- */

static void start_transfer(struct transfer *t)
{
    memset(t, 0, sizeof *t);
    t->fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    if (t->fd < 0)
        die("socket");
    t->file = &files[count.started++ % options.files];
    t->wanted = 1;
    t->block_size = 512;
    t->window = 1;
    t->started = t->progress = now();
    struct epoll_event interest = { .events = EPOLLIN, .data.ptr = t };
    epoll_ctl(poller, EPOLL_CTL_ADD, t->fd, &interest);
    join_ring(t);
    active++;
    send_request(t);
}

/* End a transfer; its place is taken by the next one while there are any. Always returns 0. */
static int finish(struct transfer *t, int good)
{
    if (good)
        latency[count.done++] = now() - t->started;
    else
        count.failed++;
    close(t->fd);
    leave_ring(t);
    active--;
    if (count.started < options.transfers)
        start_transfer(t);
    else
        t->fd = -1;
    return 0;
}

static int wrong_bytes(struct transfer *t, const char *what)
{
    count.mismatches++;
    if (options.verbose)
        fprintf(stderr, "%s: %s before block %u\n", t->file->name, what, t->wanted);
    return finish(t, 0);
}

/* --- receiving: each returns 0 when the transfer is over (and perhaps started anew) ---------- */

static int on_oack(struct transfer *t, int size, uint16_t port)
{
    if (t->answered && t->wanted > 1) {
        count.duplicates++;
        return 1;
    }
    count.duplicates += t->answered;
    count.oacks++;
    t->answered = 1;
    t->server_port = port;
    char *at = (char *)packet + 2, *end = (char *)packet + size;
    while (at < end) {
        char *name = at, *value;
        at += strnlen(at, end - at) + 1;
        if (at >= end)
            break;
        value = at;
        at += strnlen(at, end - at) + 1;
        if (!strcasecmp(name, "blksize"))
            t->block_size = atoi(value);
        else if (!strcasecmp(name, "windowsize"))
            t->window = atoi(value);
        else if (!strcasecmp(name, "tsize") && (size_t)atoll(value) != t->file->size)
            count.mismatches++;
    }
    if (t->block_size < 8 || t->block_size > 65464 || t->window < 1 || t->window > 65535)
        return wrong_bytes(t, "options out of range");
    made_progress(t);
    send_ack(t, 0);
    return 1;
}

/* A block that is not the next one: repeated, or after one that was lost. */
static int on_other_block(struct transfer *t, uint16_t block)
{
    if ((uint16_t)(t->wanted - block) < 32768)
        count.duplicates++;
    else
        count.gaps++, t->in_window = 0;
    if (t->window == 1 || !t->gap_told) {
        t->gap_told = 1;
        send_ack(t, t->wanted - 1);
    }
    return 1;
}

static int on_data(struct transfer *t, int size, uint16_t port)
{
    uint16_t block = packet[2] << 8 | packet[3];
    uint32_t octets = size - 4;
    if (!t->answered) {
        t->answered = 1;
        t->server_port = port;
    }
    if (block != (uint16_t)t->wanted)
        return on_other_block(t, block);
    if (octets > t->block_size || t->offset + octets > t->file->size
        || memcmp(packet + 4, t->file->octets + t->offset, octets))
        return wrong_bytes(t, "wrong bytes");
    t->gap_told = 0;
    t->offset += octets;
    count.octets += octets;
    t->wanted++;
    t->in_window++;
    made_progress(t);
    if (octets < t->block_size) {
        send_ack(t, block);
        return t->offset == t->file->size ? finish(t, 1) : wrong_bytes(t, "too short");
    }
    if (t->in_window >= t->window) {
        t->in_window = 0;
        send_ack(t, block);
    } else {
        prepare_ack(t, block);      /* only sent if the rest of the window does not come */
    }
    return 1;
}

static int on_packet(struct transfer *t, int size, uint16_t port)
{
    count.packets_in++;
    if (size < 4)
        return 1;
    if (t->answered && port != t->server_port) {
        count.strangers++;
        return 1;
    }
    switch (packet[0] << 8 | packet[1]) {
    case DATA:
        return on_data(t, size, port);
    case OACK:
        return on_oack(t, size, port);
    case ERROR:
        count.errors++;
        if (options.verbose)
            fprintf(stderr, "%s: error %d %.*s\n", t->file->name, packet[2] << 8 | packet[3],
                    size - 4, packet + 4);
        return finish(t, 0);
    }
    return 1;
}

static void on_readable(struct transfer *t)
{
    int fd = t->fd;
    for (int i = 0; i < BATCH && fd >= 0; i++) {
        struct sockaddr_in from;
        socklen_t space = sizeof from;
        int size = recvfrom(fd, packet, sizeof packet, MSG_DONTWAIT, (void *)&from, &space);
        if (size < 0)
            return;
        if (from.sin_addr.s_addr != options.server.sin_addr.s_addr) {
            count.strangers++;
            continue;
        }
        if (!on_packet(t, size, from.sin_port) || t->window == 1)
            return;
    }
}

static void repeat_the_overdue(void)
{
    /* What is repeated here moves to the end of the ring with a later time than this. */
    uint64_t overdue = now() - options.patience_ms * 1000000ull;
    while (ring.after != &ring && ring.after->progress < overdue) {
        struct transfer *t = ring.after;
        int repeats = t->repeats + 1;
        if (repeats > options.repeats) {
            if (options.verbose)
                fprintf(stderr, "%s: gave up before block %u\n", t->file->name, t->wanted);
            finish(t, 0);
            continue;
        }
        count.repeats++;
        made_progress(t);
        t->repeats = repeats;
        t->in_window = 0;
        t->gap_told = 0;
        send_last(t);
    }
}

/* --- beginning and end ---------------------------------------------------------------------- */

static void read_options(int argc, char **argv)
{
    const char *host = "127.0.0.1";
    int port = 69, letter;
    char *word, *rest;
    while ((letter = getopt(argc, argv, "h:p:c:n:d:f:F:o:t:T:r:v")) != -1)
        switch (letter) {
        case 'h': host = optarg; break;
        case 'p': port = atoi(optarg); break;
        case 'c': options.phones = atoi(optarg); break;
        case 'n': options.transfers = atol(optarg); break;
        case 'd': options.folder = optarg; break;
        case 'f': options.pattern = optarg; break;
        case 'F': options.files = atoi(optarg); break;
        case 't': options.seconds = atoi(optarg); break;
        case 'T': options.patience_ms = atoi(optarg); break;
        case 'r': options.repeats = atoi(optarg); break;
        case 'v': options.verbose = 1; break;
        case 'o':
            for (word = strtok_r(optarg, ",", &rest); word; word = strtok_r(NULL, ",", &rest)) {
                if (!strncmp(word, "blksize=", 8))
                    options.block_size = atoi(word + 8);
                else if (!strncmp(word, "windowsize=", 11))
                    options.window = atoi(word + 11);
                else if (!strncmp(word, "timeout=", 8))
                    options.timeout_option = atoi(word + 8);
                else if (!strcmp(word, "tsize"))
                    options.ask_size = 1;
                else {
                    fprintf(stderr, "unknown TFTP option %s\n", word);
                    exit(2);
                }
            }
            break;
        default:
            exit(2);
        }
    options.server.sin_family = AF_INET;
    options.server.sin_port = htons(port);
    if (inet_pton(AF_INET, host, &options.server.sin_addr) != 1
        || ntohl(options.server.sin_addr.s_addr) >> 24 != 127) {
        fprintf(stderr, "loopback addresses only\n");
        exit(2);
    }
    if (options.files < 1 || options.transfers < 1 || options.phones < 1) {
        fprintf(stderr, "-F, -n and -c are at least 1\n");
        exit(2);
    }
    if (options.phones > options.transfers)
        options.phones = options.transfers;
}

static void read_files(void)
{
    files = calloc(options.files, sizeof *files);
    for (int i = 0; i < options.files; i++) {
        char path[4096];
        struct stat status;
        snprintf(files[i].name, NAME_SPACE, options.pattern, i);
        snprintf(path, sizeof path, "%s/%s", options.folder, files[i].name);
        int fd = open(path, O_RDONLY);
        if (fd < 0 || fstat(fd, &status))
            die(path);
        files[i].size = status.st_size;
        files[i].octets = malloc(status.st_size + 1);
        if (read(fd, files[i].octets, status.st_size) != status.st_size)
            die(path);
        close(fd);
    }
}

static int by_size(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

static double quantile_ms(double q)
{
    return count.done ? latency[(long)((count.done - 1) * q)] / 1e6 : 0.0;
}

static void report(double seconds)
{
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    qsort(latency, count.done, sizeof *latency, by_size);
    printf("{\"phones\":%d,\"transfers\":%ld,\"done\":%ld,\"failed\":%ld,\"unfinished\":%d,"
           "\"errors\":%ld,\"repeats\":%ld,\"duplicates\":%ld,\"gaps\":%ld,\"mismatches\":%ld,"
           "\"strangers\":%ld,\"oacks\":%ld,\"seconds\":%.4f,\"per_second\":%.1f,"
           "\"megabytes_per_second\":%.1f,\"p50_ms\":%.3f,\"p99_ms\":%.3f,\"max_ms\":%.3f,"
           "\"packets_in\":%lu,\"packets_out\":%lu,\"client_cpu\":%.4f}\n",
           options.phones, options.transfers, count.done, count.failed, active,
           count.errors, count.repeats, count.duplicates, count.gaps, count.mismatches,
           count.strangers, count.oacks, seconds, count.done / seconds,
           count.octets / seconds / 1e6, quantile_ms(.5), quantile_ms(.99), quantile_ms(1.),
           (unsigned long)count.packets_in, (unsigned long)count.packets_out,
           used.ru_utime.tv_sec + used.ru_stime.tv_sec
               + (used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6);
}

int main(int argc, char **argv)
{
    struct epoll_event events[EVENTS];
    read_options(argc, argv);
    read_files();
    latency = malloc(options.transfers * sizeof *latency);
    poller = epoll_create1(0);
    struct transfer *transfers = calloc(options.phones, sizeof *transfers);
    uint64_t begun = now(), deadline = begun + options.seconds * 1000000000ull;
    for (int i = 0; i < options.phones; i++)
        start_transfer(&transfers[i]);
    while (active && now() < deadline) {
        int ready = epoll_wait(poller, events, EVENTS, 100);
        for (int i = 0; i < ready; i++)
            on_readable(events[i].data.ptr);
        repeat_the_overdue();
    }
    report((now() - begun) / 1e9);
    return count.failed || active || count.mismatches;
}
