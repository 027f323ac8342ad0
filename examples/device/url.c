/*
 * oneota-device - SPDX-License-Identifier: Apache-2.0
 *
 * url.c: the server's URL, taken apart strictly.
 */
#define _POSIX_C_SOURCE 200809L

#include "url.h"

#include <arpa/inet.h>
#include <string.h>
#include <strings.h>

#define LETTERS_DIGITS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
#define HEX_DIGITS     "0123456789abcdefABCDEF"

/* What RFC 3986 allows in a path, without '%', which has a rule of its own. */
static const char k_path_set[] = LETTERS_DIGITS "-._~!$&'()*+,;=:@/";

static const char *parse_port(const char *text, uint16_t *port)
{
    size_t length = strlen(text);
    unsigned long value = 0;

    if (length == 0 || length > 5 || strspn(text, "0123456789") != length) {
        return "the port after ':' must be a number from 1 to 65535";
    }
    for (size_t i = 0; i < length; i++) {
        value = value * 10u + (unsigned long)(text[i] - '0');
    }
    if (value == 0 || value > 65535u) {
        return "the port after ':' must be a number from 1 to 65535";
    }
    *port = (uint16_t)value;
    return NULL;
}

static const char *parse_host_name(const url_t *url)
{
    const char *host = url->address;

    if (strspn(host, LETTERS_DIGITS "-.") != strlen(host)) {
        return "the host may hold letters, digits, '-' and '.', or be an IPv6 address in [ ]";
    }
    if (host[0] == '.' || host[0] == '-' || strstr(host, "..") != NULL) {
        return "the host is not a name";
    }
    return NULL;
}

static const char *parse_ipv6(const url_t *url)
{
    unsigned char bytes[16];

    return inet_pton(AF_INET6, url->address, bytes) == 1
               ? NULL
               : "the text between [ and ] is not an IPv6 address";
}

const char *url_parse_authority(url_t *url, const char *text)
{
    bool bracket = text[0] == '[';
    const char *host = text + (bracket ? 1 : 0);
    size_t host_length = strcspn(host, bracket ? "]" : ":");
    const char *rest = host + host_length;
    const char *wrong;

    if (strchr(text, '@') != NULL) {
        return "a user or password does not belong there";
    }
    if (host_length == 0) {
        return "the host is missing";
    }
    if (host_length > URL_HOST_MAX || strlen(text) >= sizeof url->authority) {
        return "the host is too long";
    }
    if (bracket && *rest++ != ']') {
        return "']' is missing after the IPv6 address";
    }
    if (*rest != '\0' && *rest != ':') {
        return "only ':port' may follow the IPv6 address";
    }
    memcpy(url->address, host, host_length);
    url->address[host_length] = '\0';
    wrong = bracket ? parse_ipv6(url) : parse_host_name(url);
    if (wrong == NULL && *rest == ':') {
        wrong = parse_port(rest + 1, &url->port);
    }
    memcpy(url->authority, text, strlen(text) + 1u);
    return wrong;
}

static const char *parse_prefix(url_t *url, const char *text)
{
    size_t length = strlen(text);

    if (strpbrk(text, "?#") != NULL) {
        return "a query ('?') or fragment ('#') does not belong there";
    }
    while (length > 0 && text[length - 1u] == '/') {
        length--;
    }
    if (length > URL_PREFIX_MAX) {
        return "the path is too long";
    }
    for (size_t i = 0; i < length; i++) {
        bool escape = text[i] == '%' && strspn(text + i + 1, HEX_DIGITS) >= 2;
        if (!escape && strchr(k_path_set, text[i]) == NULL) {
            return "the path holds a character that a URL cannot hold";
        }
    }
    memcpy(url->prefix, text, length);
    url->prefix[length] = '\0';
    return NULL;
}

const char *url_parse(url_t *url, const char *text)
{
    char authority[sizeof url->authority];
    const char *wrong;
    size_t length;

    memset(url, 0, sizeof *url);
    if (strncasecmp(text, "https://", 8) == 0) {
        url->tls = true;
        url->port = 443;
        text += 8;
    } else if (strncasecmp(text, "http://", 7) == 0) {
        url->port = 80;
        text += 7;
    } else {
        return "it must begin with http:// or https://";
    }
    length = strcspn(text, "/?#");
    if (length >= sizeof authority) {
        return "the host is too long";
    }
    memcpy(authority, text, length);
    authority[length] = '\0';
    wrong = url_parse_authority(url, authority);
    return wrong != NULL ? wrong : parse_prefix(url, text + length);
}
