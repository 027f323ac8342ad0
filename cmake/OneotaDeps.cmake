# The libraries that oneota stands on, as targets:
#
#   oneota_mbedcrypto   mbedTLS's crypto library
#   oneota_mbedtls      mbedTLS whole: TLS, X.509 and crypto
#   oneota_cjson        cJSON; "cJSON.h" and <cjson/cJSON.h> both work
#
# By default they are the system's (Debian: libmbedtls-dev, libcjson-dev). With these options they are
# compiled from source instead, with the flags and for the machine of the project around them:
#
#   -DONEOTA_MBEDTLS_SOURCE=DIR    mbedTLS 2.28 or 3.x, as scripts/fetch-deps.sh unpacks it
#   -DONEOTA_MBEDTLS_CONFIG=FILE   its configuration header (MBEDTLS_CONFIG_FILE), here and for every user
#   -DONEOTA_CJSON_SOURCE=DIR
#
# A target that exists already is used as it is: a firmware that builds its own mbedTLS defines oneota_mbedcrypto
# (and oneota_mbedtls, if it uses the TLS port), or oneota_cjson, before it adds oneota.
#
# All are imported targets, visible everywhere in the build, so that a library that links them can be installed with
# install(EXPORT): the names stand in the exported file, and oneota-config.cmake, installed beside a copy of
# this file, defines them again on the machine that uses it.
#
# Sets ONEOTA_MBEDTLS_VERSION where it is known. What is missing ends the configuration with the command that
# provides it; with ONEOTA_DEPS_OPTIONAL set, the text is in ONEOTA_DEPS_ERROR instead.

set(ONEOTA_MBEDTLS_SOURCE "" CACHE PATH "Source directory of mbedTLS; empty: the system's library")
set(ONEOTA_MBEDTLS_CONFIG "" CACHE FILEPATH "Configuration header for mbedTLS built from source")
set(ONEOTA_CJSON_SOURCE "" CACHE PATH "Source directory of cJSON; empty: the system's library")
set(ONEOTA_CJSON_NESTING_LIMIT 32 CACHE STRING "Deepest nesting that cJSON built from source parses")
mark_as_advanced(ONEOTA_CJSON_NESTING_LIMIT)

set(ONEOTA_DEPS_ERROR "")
set(ONEOTA_MBEDTLS_VERSION "")

# Notes what is missing, with the command that provides it, or its Debian package where the scripts are not at hand.
macro(_oneota_deps_fail what script argument package)
    get_filename_component(_oneota_scripts "${CMAKE_CURRENT_LIST_DIR}/../scripts" ABSOLUTE)
    string(APPEND ONEOTA_DEPS_ERROR "${what}\n")
    if(EXISTS "${_oneota_scripts}/${script}")
        string(APPEND ONEOTA_DEPS_ERROR "  sh ${_oneota_scripts}/${script} ${argument}\n")
    else()
        string(APPEND ONEOTA_DEPS_ERROR "  Debian package: ${package}\n")
    endif()
endmacro()

macro(_oneota_deps_status what)
    if(NOT ONEOTA_DEPS_OPTIONAL)
        message(STATUS "oneota: ${what}")
    endif()
endmacro()

# A target that may be linked under NAME although what it stands for is built here.
function(_oneota_alias name)
    add_library(${name} INTERFACE IMPORTED GLOBAL)
    set_property(TARGET ${name} PROPERTY INTERFACE_LINK_LIBRARIES ${ARGN})
endfunction()

# A library found on the system.
function(_oneota_system_library name location include_dirs)
    add_library(${name} UNKNOWN IMPORTED GLOBAL)
    set_target_properties(${name} PROPERTIES
        IMPORTED_LOCATION "${location}"
        INTERFACE_INCLUDE_DIRECTORIES "${include_dirs}"
        INTERFACE_LINK_LIBRARIES "${ARGN}")
endfunction()

# A static library from third-party sources, which are not ours to warn about.
function(_oneota_source_library name include_dirs)
    add_library(${name} STATIC EXCLUDE_FROM_ALL ${ARGN})
    target_include_directories(${name} SYSTEM PUBLIC ${include_dirs})
    set_target_properties(${name} PROPERTIES
        C_STANDARD 99
        C_EXTENSIONS ON
        POSITION_INDEPENDENT_CODE "${BUILD_SHARED_LIBS}")
    if(CMAKE_C_COMPILER_ID MATCHES "GNU|Clang")
        target_compile_options(${name} PRIVATE -w)
    elseif(MSVC)
        target_compile_options(${name} PRIVATE /W0)
    endif()
endfunction()

# The host's libraries are of no use to a bare-metal target.
if(CMAKE_SYSTEM_NAME STREQUAL "Generic")
    set(_oneota_search NO_DEFAULT_PATH)
else()
    set(_oneota_search)
endif()

function(_oneota_mbedtls_version include_dir)
    foreach(header build_info.h version.h)
        if(EXISTS "${include_dir}/mbedtls/${header}")
            file(STRINGS "${include_dir}/mbedtls/${header}" line
                REGEX "^#define MBEDTLS_VERSION_STRING +\"[0-9.]+\"")
            if(line MATCHES "\"([0-9.]+)\"")
                set(ONEOTA_MBEDTLS_VERSION "${CMAKE_MATCH_1}" PARENT_SCOPE)
                return()
            endif()
        endif()
    endforeach()
endfunction()

# --- mbedTLS ---

if(TARGET oneota_mbedcrypto)
    # the project's own
elseif(ONEOTA_MBEDTLS_CONFIG AND NOT ONEOTA_MBEDTLS_SOURCE)
    string(APPEND ONEOTA_DEPS_ERROR
        "ONEOTA_MBEDTLS_CONFIG is for mbedTLS built from source: give ONEOTA_MBEDTLS_SOURCE too.\n")
elseif(ONEOTA_MBEDTLS_SOURCE)
    if(NOT EXISTS "${ONEOTA_MBEDTLS_SOURCE}/library/sha256.c"
            OR NOT EXISTS "${ONEOTA_MBEDTLS_SOURCE}/library/error.c")
        _oneota_deps_fail("ONEOTA_MBEDTLS_SOURCE=${ONEOTA_MBEDTLS_SOURCE} is not mbedTLS with its \
generated files (library/sha256.c, library/error.c). This prints a directory that is:"
            fetch-deps.sh mbedtls-3.6 "mbedtls (source)")
    elseif(ONEOTA_MBEDTLS_CONFIG AND NOT EXISTS "${ONEOTA_MBEDTLS_CONFIG}")
        string(APPEND ONEOTA_DEPS_ERROR "ONEOTA_MBEDTLS_CONFIG=${ONEOTA_MBEDTLS_CONFIG} does not exist.\n")
    else()
        file(GLOB _oneota_crypto "${ONEOTA_MBEDTLS_SOURCE}/library/*.c")
        set(_oneota_tls ${_oneota_crypto})
        set(_oneota_tls_names "/(x509[^/]*|pkcs7|certs|ssl_[^/]*|mps_[^/]*|debug|net_sockets)\\.c$")
        list(FILTER _oneota_crypto EXCLUDE REGEX "${_oneota_tls_names}")
        list(FILTER _oneota_tls INCLUDE REGEX "${_oneota_tls_names}")
        _oneota_source_library(oneota_mbedcrypto_static "${ONEOTA_MBEDTLS_SOURCE}/include" ${_oneota_crypto})
        _oneota_source_library(oneota_mbedtls_static "${ONEOTA_MBEDTLS_SOURCE}/include" ${_oneota_tls})
        target_link_libraries(oneota_mbedtls_static PUBLIC oneota_mbedcrypto_static)
        if(ONEOTA_MBEDTLS_CONFIG)
            target_compile_definitions(oneota_mbedcrypto_static PUBLIC
                "MBEDTLS_CONFIG_FILE=\"${ONEOTA_MBEDTLS_CONFIG}\"")
        endif()
        _oneota_alias(oneota_mbedcrypto oneota_mbedcrypto_static)
        _oneota_alias(oneota_mbedtls oneota_mbedtls_static)
        _oneota_mbedtls_version("${ONEOTA_MBEDTLS_SOURCE}/include")
        _oneota_deps_status("mbedTLS ${ONEOTA_MBEDTLS_VERSION} from ${ONEOTA_MBEDTLS_SOURCE}")
    endif()
else()
    find_path(ONEOTA_MBEDTLS_INCLUDE_DIR mbedtls/sha256.h ${_oneota_search})
    find_library(ONEOTA_MBEDCRYPTO_LIBRARY mbedcrypto ${_oneota_search})
    find_library(ONEOTA_MBEDX509_LIBRARY mbedx509 ${_oneota_search})
    find_library(ONEOTA_MBEDTLS_LIBRARY mbedtls ${_oneota_search})
    mark_as_advanced(ONEOTA_MBEDTLS_INCLUDE_DIR ONEOTA_MBEDCRYPTO_LIBRARY
        ONEOTA_MBEDX509_LIBRARY ONEOTA_MBEDTLS_LIBRARY)
    if(ONEOTA_MBEDTLS_INCLUDE_DIR AND ONEOTA_MBEDCRYPTO_LIBRARY
            AND ONEOTA_MBEDX509_LIBRARY AND ONEOTA_MBEDTLS_LIBRARY)
        _oneota_system_library(oneota_mbedcrypto
            "${ONEOTA_MBEDCRYPTO_LIBRARY}" "${ONEOTA_MBEDTLS_INCLUDE_DIR}")
        _oneota_system_library(oneota_mbedtls
            "${ONEOTA_MBEDTLS_LIBRARY}" "${ONEOTA_MBEDTLS_INCLUDE_DIR}"
            "${ONEOTA_MBEDX509_LIBRARY}" oneota_mbedcrypto)
        _oneota_mbedtls_version("${ONEOTA_MBEDTLS_INCLUDE_DIR}")
        _oneota_deps_status("mbedTLS ${ONEOTA_MBEDTLS_VERSION} of the system, ${ONEOTA_MBEDCRYPTO_LIBRARY}")
    elseif(_oneota_search)
        _oneota_deps_fail("A bare-metal build compiles mbedTLS itself: give ONEOTA_MBEDTLS_SOURCE the \
directory that this prints, and ONEOTA_MBEDTLS_CONFIG your configuration header."
            fetch-deps.sh mbedtls-3.6 "mbedtls (source)")
    else()
        _oneota_deps_fail("mbedTLS was not found. Install it, or give ONEOTA_MBEDTLS_SOURCE its source \
directory. To install it:" install-tools.sh build libmbedtls-dev)
    endif()
endif()

# --- cJSON ---

if(TARGET oneota_cjson)
    # the project's own
elseif(ONEOTA_CJSON_SOURCE)
    if(NOT EXISTS "${ONEOTA_CJSON_SOURCE}/cJSON.c")
        _oneota_deps_fail("ONEOTA_CJSON_SOURCE=${ONEOTA_CJSON_SOURCE} has no cJSON.c. This prints a directory that has:"
            fetch-deps.sh cjson "cjson (source)")
    else()
        # The installed header is found as cjson/cJSON.h too.
        set(_oneota_forward "${CMAKE_CURRENT_BINARY_DIR}/oneota-deps")
        configure_file("${ONEOTA_CJSON_SOURCE}/cJSON.h" "${_oneota_forward}/cjson/cJSON.h" COPYONLY)
        _oneota_source_library(oneota_cjson_static "${_oneota_forward};${_oneota_forward}/cjson"
            "${ONEOTA_CJSON_SOURCE}/cJSON.c")
        target_compile_definitions(oneota_cjson_static PRIVATE
            CJSON_NESTING_LIMIT=${ONEOTA_CJSON_NESTING_LIMIT})
        _oneota_alias(oneota_cjson oneota_cjson_static)
        _oneota_deps_status("cJSON from ${ONEOTA_CJSON_SOURCE}")
    endif()
else()
    find_path(ONEOTA_CJSON_INCLUDE_DIR cjson/cJSON.h ${_oneota_search})
    find_library(ONEOTA_CJSON_LIBRARY cjson ${_oneota_search})
    mark_as_advanced(ONEOTA_CJSON_INCLUDE_DIR ONEOTA_CJSON_LIBRARY)
    if(ONEOTA_CJSON_INCLUDE_DIR AND ONEOTA_CJSON_LIBRARY)
        _oneota_system_library(oneota_cjson "${ONEOTA_CJSON_LIBRARY}"
            "${ONEOTA_CJSON_INCLUDE_DIR};${ONEOTA_CJSON_INCLUDE_DIR}/cjson")
        _oneota_deps_status("cJSON of the system, ${ONEOTA_CJSON_LIBRARY}")
    elseif(_oneota_search)
        _oneota_deps_fail("A bare-metal build compiles cJSON itself: give ONEOTA_CJSON_SOURCE the directory that this prints."
            fetch-deps.sh cjson "cjson (source)")
    else()
        _oneota_deps_fail("cJSON was not found. Install it, or give ONEOTA_CJSON_SOURCE its source \
directory. To install it:" install-tools.sh build libcjson-dev)
    endif()
endif()

if(ONEOTA_DEPS_ERROR AND NOT ONEOTA_DEPS_OPTIONAL)
    message(FATAL_ERROR "${ONEOTA_DEPS_ERROR}")
endif()
