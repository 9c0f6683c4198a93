/* httpload: many phones fetch a file over HTTP or HTTPS, one short connection each (one epoll).
 *
 *   cc -O2 -o httpload httpload.c -lssl -lcrypto
 *   httpload -h 127.0.0.1 -p 8080 -c 64 -n 5000 -f '/p4096_%d.cfg' -F 64 [-t SECONDS]
 *            [-m 1.2|1.3 [-C client%d.pem -K client%d.key -N 64] [-S CIPHERS] [-r]] [-k REQUESTS]
 *
 * -m speaks TLS of that version (the server's certificate is not checked: this measures), with N
 * client certificates in turn, in step with the files; -r resumes the session of an earlier
 * connection, without it no tickets are asked for; -k asks several times on one connection. The
 * User-Agent is a phone's. The last line of output is one JSON object. Exit status 1 when a request
 * failed or was not answered with 200; 2 when it could not start.
 *
 * Loopback only. Connections come from 127.0.0.2 onwards in turn, so that the ports of one address
 * do not run out.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum state { CONNECTING, HANDSHAKE, WRITING, READING };
enum { HEAD_SPACE = 8192, BODY_SPACE = 16384, EVENTS = 256, MOST_ERRORS = 200, SOURCES = 60 };
enum { AGAIN = -1, BROKEN = -2 };
enum { MOST_CERTIFICATES = 1024 };

struct connection {
    int fd;
    SSL *tls;
    enum state state;
    int requests_left;
    double asked;
    char request[512];
    int request_size;
    char head[HEAD_SPACE];
    int head_size, head_done, chunked;
    long length, got;               /* of the body; length -1: until the end */
    char tail[5];                   /* the last octets of a chunked body */
};

static struct {
    struct sockaddr_in server;
    const char *path, *certificate, *key, *ciphers, *version;
    int connections, files, requests_each, resume, certificates;
    long requests;
    double seconds;
} options = { .path = "/p4096_%d.cfg", .connections = 16, .files = 1, .requests_each = 1,
              .requests = 1000, .seconds = 30, .certificates = 1 };

static struct {
    long started, done, errors, refused, handshakes, resumed, octets;
} count;

static int poller, active;
static SSL_CTX *tls_settings[MOST_CERTIFICATES];   /* one for each client certificate */
static SSL_SESSION *session;
static double *latency;
static char last_error[200];

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + t.tv_nsec * 1e-9;
}

static void wait_for(struct connection *c, int event, int operation)
{
    struct epoll_event interest = { .events = event, .data.ptr = c };
    epoll_ctl(poller, operation, c->fd, &interest);
}

/* --- a connection's life -------------------------------------------------------------------- */

static void prepare_request(struct connection *c)
{
    char path[128];
    snprintf(path, sizeof path, options.path, (int)(count.started++ % options.files));
    c->request_size = snprintf(c->request, sizeof c->request,
        "GET %s HTTP/1.1\r\nHost: prov.test\r\n"
        "User-Agent: Cisco-CP-7832-3PCC/11.3.1 (000e08abcdef)(FCH2133E8B9)\r\n"
        "Accept: */*\r\nConnection: %s\r\n\r\n",
        path, c->requests_left > 1 ? "keep-alive" : "close");
    c->head_size = c->head_done = c->chunked = 0;
    c->length = -1;
    c->got = 0;
    c->asked = now();
}

static void start_connection(struct connection *c)
{
    static unsigned source;
    int on = 1;
    memset(c, 0, sizeof *c);
    c->requests_left = options.requests_each;
    prepare_request(c);
    c->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (c->fd < 0) {
        perror("socket");
        exit(2);
    }
    struct sockaddr_in from = { .sin_family = AF_INET };
    from.sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1 + source++ % SOURCES);
    setsockopt(c->fd, SOL_TCP, TCP_NODELAY, &on, sizeof on);
    setsockopt(c->fd, SOL_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
    bind(c->fd, (void *)&from, sizeof from);
    if (connect(c->fd, (void *)&options.server, sizeof options.server) < 0 && errno != EINPROGRESS)
        snprintf(last_error, sizeof last_error, "connect: %s", strerror(errno));
    if (options.version) {
        c->tls = SSL_new(tls_settings[(source - 1) % options.certificates]);
        SSL_set_fd(c->tls, c->fd);
        SSL_set_connect_state(c->tls);
        SSL_set_tlsext_host_name(c->tls, "prov.test");
        if (options.resume && session)
            SSL_set_session(c->tls, session);
    }
    active++;
    wait_for(c, EPOLLOUT, EPOLL_CTL_ADD);
}

static void answered(struct connection *c)
{
    if (count.done < options.requests)
        latency[count.done] = now() - c->asked;
    count.done++;
}

static void end_connection(struct connection *c)
{
    if (c->tls)
        SSL_free(c->tls);
    close(c->fd);
    c->tls = NULL;
    c->fd = -1;
    active--;
    if (count.started < options.requests)
        start_connection(c);
}

static void fail(struct connection *c, const char *what)
{
    unsigned long reason = ERR_peek_error();
    snprintf(last_error, sizeof last_error, "%s: %s", what,
             reason ? ERR_reason_error_string(reason) : strerror(errno));
    ERR_clear_error();
    count.errors++;
    end_connection(c);
}

/* The whole answer is here: ask again on this connection, or close it. */
static void finish(struct connection *c)
{
    answered(c);
    if (c->requests_left > 1 && count.started < options.requests) {
        c->requests_left--;
        prepare_request(c);
        c->state = WRITING;
        wait_for(c, EPOLLOUT, EPOLL_CTL_MOD);
        return;
    }
    if (c->tls)
        SSL_shutdown(c->tls);
    end_connection(c);
}

/* --- reading an answer ---------------------------------------------------------------------- */

/* What SSL_read and SSL_write said: wait (for the right event), broken, or the end (0). */
static int tls_result(struct connection *c, int result)
{
    switch (SSL_get_error(c->tls, result)) {
    case SSL_ERROR_WANT_READ:
        wait_for(c, EPOLLIN, EPOLL_CTL_MOD);
        return AGAIN;
    case SSL_ERROR_WANT_WRITE:
        wait_for(c, EPOLLOUT, EPOLL_CTL_MOD);
        return AGAIN;
    case SSL_ERROR_ZERO_RETURN:
    case SSL_ERROR_SYSCALL:
        return 0;
    }
    return BROKEN;
}

static int receive(struct connection *c, char *into, int space)
{
    int size;
    if (c->tls) {
        ERR_clear_error();
        size = SSL_read(c->tls, into, space);
        return size > 0 ? size : tls_result(c, size);
    }
    size = read(c->fd, into, space);
    return size >= 0 ? size : errno == EAGAIN ? AGAIN : BROKEN;
}

/* Look for the end of the head; returns the octets of body that came with it, or -1. */
static int read_head(struct connection *c, int size)
{
    c->head_size += size;
    c->head[c->head_size] = 0;
    char *end = strstr(c->head, "\r\n\r\n"), *length;
    if (!end)
        return -1;
    *end = 0;
    if (strncmp(c->head + 9, "200", 3)) {
        count.refused++;
        snprintf(last_error, sizeof last_error, "answer: %.*s",
                 (int)strcspn(c->head, "\r\n\"\\"), c->head);
    }
    length = strcasestr(c->head, "content-length:");
    if (length)
        c->length = atol(length + 15);
    c->chunked = strcasestr(c->head, "transfer-encoding: chunked") != NULL;
    c->head_done = 1;
    return c->head + c->head_size - (end + 4);
}

static int body_is_complete(struct connection *c, const char *end, int size)
{
    c->got += size;
    if (c->length >= 0)
        return c->got >= c->length;
    if (!c->chunked)
        return 0;
    int kept = size < 5 ? size : 5;
    memmove(c->tail, c->tail + kept, 5 - kept);
    memcpy(c->tail + 5 - kept, end - kept, kept);
    return !memcmp(c->tail, "0\r\n\r\n", 5);
}

/* Returns 0 when there is nothing more to do for now. */
static int on_answer(struct connection *c)
{
    static char body[BODY_SPACE];
    char *into = c->head_done ? body : c->head + c->head_size;
    int space = c->head_done ? BODY_SPACE : HEAD_SPACE - 1 - c->head_size;
    if (space <= 0)
        return fail(c, "head too large"), 0;
    int size = receive(c, into, space);
    if (size == AGAIN)
        return 0;
    if (size == BROKEN)
        return fail(c, "read"), 0;
    if (size == 0) {
        if (c->head_done && c->length < 0 && !c->chunked)
            finish(c);
        else
            fail(c, "connection closed early");
        return 0;
    }
    count.octets += size;
    const char *end = into + size;
    if (!c->head_done) {
        size = read_head(c, size);
        if (size < 0)
            return 1;
    }
    if (!body_is_complete(c, end, size))
        return 1;
    finish(c);
    return 0;
}

/* --- the other states ----------------------------------------------------------------------- */

static int on_connected(struct connection *c)
{
    int error;
    socklen_t space = sizeof error;
    getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &error, &space);
    if (error) {
        errno = error;
        return fail(c, "connect"), 0;
    }
    c->state = c->tls ? HANDSHAKE : WRITING;
    return 1;
}

static int on_handshake(struct connection *c)
{
    ERR_clear_error();
    int result = SSL_connect(c->tls);
    if (result == 1) {
        count.handshakes++;
        count.resumed += SSL_session_reused(c->tls);
        c->state = WRITING;
        return 1;
    }
    if (tls_result(c, result) != AGAIN)
        fail(c, "handshake");
    return 0;
}

static int on_writable(struct connection *c)
{
    int size = c->tls ? SSL_write(c->tls, c->request, c->request_size)
                      : (int)write(c->fd, c->request, c->request_size);
    if (size <= 0) {
        int result = c->tls ? tls_result(c, size) : errno == EAGAIN ? AGAIN : BROKEN;
        if (result != AGAIN)
            fail(c, "write");
        return 0;
    }
    c->state = READING;
    wait_for(c, EPOLLIN, EPOLL_CTL_MOD);
    return 0;
}

static void on_event(struct connection *c)
{
    static int (*const step[])(struct connection *) = {
        [CONNECTING] = on_connected,
        [HANDSHAKE] = on_handshake,
        [WRITING] = on_writable,
        [READING] = on_answer,
    };
    while (step[c->state](c))
        ;
}

/* --- beginning and end ---------------------------------------------------------------------- */

static int keep_session(SSL *tls, SSL_SESSION *fresh)
{
    (void)tls;
    if (session)
        SSL_SESSION_free(session);
    session = fresh;
    return 1;
}

static void refuse(const char *why)
{
    fprintf(stderr, "%s\n", why);
    ERR_print_errors_fp(stderr);
    exit(2);
}

static void take_certificate(SSL_CTX *settings, int number)
{
    char certificate[512], key[512];
    snprintf(certificate, sizeof certificate, options.certificate, number);
    snprintf(key, sizeof key, options.key, number);
    if (SSL_CTX_use_certificate_chain_file(settings, certificate) != 1
        || SSL_CTX_use_PrivateKey_file(settings, key, SSL_FILETYPE_PEM) != 1)
        refuse("a client certificate or its key cannot be read");
}

static SSL_CTX *prepare_tls(int number)
{
    int version = strcmp(options.version, "1.3") ? TLS1_2_VERSION : TLS1_3_VERSION;
    SSL_CTX *settings = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_options(settings, SSL_OP_IGNORE_UNEXPECTED_EOF);
    SSL_CTX_set_min_proto_version(settings, version);
    SSL_CTX_set_max_proto_version(settings, version);
    SSL_CTX_set_verify(settings, SSL_VERIFY_NONE, NULL);
    SSL_CTX_set_session_cache_mode(settings, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    if (options.ciphers && !SSL_CTX_set_cipher_list(settings, options.ciphers))
        refuse("no such ciphers");
    if (options.certificate)
        take_certificate(settings, number);
    if (options.resume)
        SSL_CTX_sess_set_new_cb(settings, keep_session);
    else
        SSL_CTX_set_options(settings, SSL_OP_NO_TICKET);
    return settings;
}

static void read_options(int argc, char **argv)
{
    const char *host = "127.0.0.1";
    int port = 80, letter;
    while ((letter = getopt(argc, argv, "h:p:c:n:f:F:t:m:C:K:N:S:rk:")) != -1)
        switch (letter) {
        case 'h': host = optarg; break;
        case 'p': port = atoi(optarg); break;
        case 'c': options.connections = atoi(optarg); break;
        case 'n': options.requests = atol(optarg); break;
        case 'f': options.path = optarg; break;
        case 'F': options.files = atoi(optarg); break;
        case 't': options.seconds = atof(optarg); break;
        case 'm': options.version = optarg; break;
        case 'C': options.certificate = optarg; break;
        case 'K': options.key = optarg; break;
        case 'N': options.certificates = atoi(optarg); break;
        case 'S': options.ciphers = optarg; break;
        case 'r': options.resume = 1; break;
        case 'k': options.requests_each = atoi(optarg); break;
        default: exit(2);
        }
    options.server.sin_family = AF_INET;
    options.server.sin_port = htons(port);
    if (inet_pton(AF_INET, host, &options.server.sin_addr) != 1
        || ntohl(options.server.sin_addr.s_addr) >> 24 != 127)
        refuse("loopback addresses only");
    if (options.connections < 1 || options.requests < 1 || options.files < 1)
        refuse("-c, -n and -F are at least 1");
    if (!options.certificate != !options.key)
        refuse("-C and -K go together");
    if (options.certificates < 1 || options.certificates > MOST_CERTIFICATES)
        refuse("-N is 1 to 1024");
    for (int i = 0; options.version && i < options.certificates; i++)
        tls_settings[i] = prepare_tls(i);
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static void report(double seconds)
{
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    long kept = count.done < options.requests ? count.done : options.requests;
    qsort(latency, kept, sizeof *latency, by_size);
    printf("{\"connections\":%d,\"transfers\":%ld,\"done\":%ld,\"failed\":%ld,\"refused\":%ld,"
           "\"seconds\":%.4f,\"per_second\":%.1f,\"handshakes\":%ld,\"resumed\":%ld,"
           "\"octets\":%ld,\"p50_ms\":%.3f,\"p99_ms\":%.3f,\"client_cpu\":%.4f,\"error\":\"%s\"}\n",
           options.connections, options.requests, count.done, count.errors, count.refused,
           seconds, count.done / seconds, count.handshakes, count.resumed, count.octets,
           kept ? latency[kept / 2] * 1e3 : 0, kept ? latency[(long)(kept * .99)] * 1e3 : 0,
           used.ru_utime.tv_sec + used.ru_stime.tv_sec
               + (used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6,
           last_error);
}

static void serve_events(int timeout_ms)
{
    struct epoll_event events[EVENTS];
    int ready = epoll_wait(poller, events, EVENTS, timeout_ms);
    for (int i = 0; i < ready; i++)
        on_event(events[i].data.ptr);
}

int main(int argc, char **argv)
{
    read_options(argc, argv);
    signal(SIGPIPE, SIG_IGN);
    latency = calloc(options.requests + 1, sizeof *latency);
    poller = epoll_create1(0);
    struct connection *connections = calloc(options.connections, sizeof *connections);
    double begun = now();
    for (int i = 0; i < options.connections && count.started < options.requests; i++) {
        start_connection(&connections[i]);
        while (i == 0 && options.resume && !session && count.errors < 2 && now() - begun < 3)
            serve_events(100);      /* the others resume the first one's session */
    }
    while (active && count.errors < MOST_ERRORS && now() - begun < options.seconds)
        serve_events(200);
    report(now() - begun);
    return count.errors || count.refused || count.done < options.requests;
}
